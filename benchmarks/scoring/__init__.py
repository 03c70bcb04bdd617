"""Rows of a file scored by the command, against the model alone."""
