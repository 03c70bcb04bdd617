"""A pushed model judged on rows that came later: which, how well, how they differ."""
