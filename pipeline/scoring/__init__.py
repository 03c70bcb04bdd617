"""Answers of a model about many rows: what is read, asked and written."""
