"""Telling each token from those before it, and from those after it."""
