"""What a guess is made of: lines of the YAML, each with its reason."""

from __future__ import annotations

import dataclasses
from typing import Any

from components.ingest import row

_SHOWN = 24
PERCENTILE = 95
"""Lengths are taken at this percentile: the longest few texts would make all others dear."""


@dataclasses.dataclass(frozen=True)
class Line:
    """One field of the config."""

    key: str
    """Dotted path, such as `task.label`."""
    value: Any
    """What the YAML says: a word, a number, true or false, a list or a mapping."""
    why: str
    """What speaks for it, with figures where there are some."""
    instead: str = ""
    """What else it could be, and what that means."""


@dataclasses.dataclass(frozen=True)
class Remark:
    """What a section of the config leaves out, and why."""

    section: str
    """`task`, `data`, `model`, `training` or another key of the YAML."""
    text: str
    """In words, on one line."""


def percentile(lengths: list[int]) -> int:
    """The length that `PERCENTILE` of a hundred do not exceed; 0 of none."""
    ordered = sorted(lengths)
    return ordered[-(-PERCENTILE * len(ordered) // 100) - 1] if ordered else 0


def named(name: str) -> str:
    """The name of a column as a comment can show it."""
    return f"`{row.excerpt(name)}`"


def listed(words: list[str], most: int = 6) -> str:
    """Some words with commas between, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def share(part: int, whole: int) -> str:
    """A share in percent; what is not quite everything is not called 100 %."""
    percent = 100 * part / whole
    if 99.5 <= percent < 100:
        return "over 99 %"
    return "under 1 %" if 0 < percent < 0.5 else f"{percent:.0f} %"


def counted(number: int, thing: str) -> str:
    """A number of things in words."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def quoted(value: str) -> str:
    """A value as a comment can show it, short."""
    shown = row.excerpt(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
