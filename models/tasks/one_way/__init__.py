"""Telling each token from those before it."""
