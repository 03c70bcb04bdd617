"""The error a user can fix by editing the data or the YAML."""

import difflib
from collections.abc import Iterable


class DataError(ValueError):
    """The data cannot be used as it is; the message says what to change."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is spelled most alike, whatever the case, or None."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def hint(word: str, known: Iterable[str]) -> str:
    """A spelling hint: the closest known word, or else the first ten."""
    known = sorted(known)
    close = closest(word, known)
    if close:
        return f"Did you mean {close!r}?"
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return f"There are: {', '.join(map(repr, known[:10]))}{more}." if known else "There are none."
