"""A few rows of every label."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def in_turn(rows: Mapping[str, Sequence[_T]], number: int) -> list[_T]:
    """The first row of every label, then the second ones, until there are enough."""
    longest = max(map(len, rows.values()), default=0)
    turns = ((place, label) for place in range(longest) for label in sorted(rows))
    return [rows[label][place] for place, label in turns if place < len(rows[label])][:number]
