"""The error a user can fix by editing the data or the YAML."""

import difflib
from collections.abc import Iterable


class DataError(ValueError):
    """The data cannot be used as it is; the message says what to change."""


def hint(word: str, known: Iterable[str]) -> str:
    """A spelling hint: the closest known word, or up to ten of them.

    Args:
        word: What was asked for.
        known: What exists.
    """
    known = sorted(known)
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return f"There are: {', '.join(map(repr, known[:10]))}{more}." if known else "There are none."
