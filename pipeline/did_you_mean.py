"""Hints for words that are misspelled."""

import difflib
from collections.abc import Iterable
from typing import Any


def hint(word: Any, known: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the end of a sentence; empty if no known word is near."""
    near = difflib.get_close_matches(str(word), sorted(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def suggest(word: Any, known: Iterable[str]) -> str:
    """A sentence: the nearest known word, or else all of them."""
    known = sorted(known)
    return hint(word, known).lstrip() or f"Known: {', '.join(known)}."
