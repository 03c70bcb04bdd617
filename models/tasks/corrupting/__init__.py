"""Telling what spans of a text, taken out of it, were."""
