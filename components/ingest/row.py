"""What readers produce: rows, and reasons why something is not a row."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

EXCERPT_LENGTH = 160


@dataclasses.dataclass(frozen=True)
class Row:
    """One row as it was read, before any check of its values."""

    values: Mapping[str, Any]
    """Column to value: str, bytes, int, float, bool or None."""
    where: str
    """`file:line`, `file:row` or the path of an image, for people."""
    split: str | None = None
    """Split the data itself names for this row, if any."""


@dataclasses.dataclass(frozen=True)
class Rejected:
    """Something that should have been a row and is not."""

    where: str
    """`file:line`, `file:row` or the path of an image, for people."""
    reason: str
    """Why, in words, with the fix where there is one."""
    excerpt: str = ""
    """Start of the offending content, at most `EXCERPT_LENGTH` characters."""


class BadRow(ValueError):
    """A row cannot become an example; the message is the reason."""


def excerpt(content: str | bytes) -> str:
    """First characters of something possibly huge or binary, printable on one line.

    Args:
        content: Text, or bytes of which nothing is assumed.
    """
    head = content[: 4 * EXCERPT_LENGTH]
    if isinstance(head, bytes):
        head = head.decode("utf-8", "backslashreplace")
    # Surrogates and control characters must survive a JSON file and a terminal.
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in head)
    return shown[: EXCERPT_LENGTH - 1] + "…" if len(shown) > EXCERPT_LENGTH else shown


def natural_order(rejected: Rejected) -> list[Any]:
    """Sort key that puts line 9 before line 10."""
    parts = re.split(r"(\d+)", rejected.where)
    return [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts] + [
        (False, 0, rejected.reason)
    ]
