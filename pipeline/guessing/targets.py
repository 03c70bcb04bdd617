"""Which column is learned, and whether its cells are labels, lists of labels or numbers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from pipeline.guessing import column, vocabulary, wording

_FEW_NUMBERS = 20
"""Different numbers up to which they may be the names of classes."""
_MOST_UNNAMED = 50
_PER_VALUE = 4
"""Rows of a value, on average, from which a column without a telling name may hold labels."""
_PER_NUMBER = 5
"""The same where the name tells labels and the values are many whole numbers."""
_FEW_ROWS = 20
_NEARLY_ALL = 0.98
_UNNAMED = 10_000


@dataclasses.dataclass(frozen=True)
class Target:
    """A column that could be learned."""

    column: column.Column
    holds: str
    """`category`, `categories` or `number`."""
    rank: int
    """The least is the best guess."""
    why: str
    """What speaks for it."""
    separator: str = ""
    """Between the labels in a cell of `categories`."""

    @property
    def labels(self) -> Counter[str]:
        """Labels and how many rows of the sample have each; none of numbers."""
        if self.holds == "category":
            return self.column.counts
        found: Counter[str] = Counter()
        if self.holds == "categories":
            cells = self.column.lists or [x.split(self.separator) for x in self.column.filled]
            for cell in cells:
                found.update({str(tag).strip() for tag in cell} - {""})
        return found

    @property
    def counts(self) -> str:
        """How many values it has, to name it as a second choice."""
        if self.holds == "number":
            return f"{wording.named(self.column.name)} (numbers)"
        values = wording.counted(len(self.column.counts), "value")
        return f"{wording.named(self.column.name)} ({values})"


def candidates(columns: Sequence[column.Column]) -> list[Target]:
    """Columns that could be learned, the best guess first."""
    found = [_target(one, len(columns) - place) for place, one in enumerate(columns)]
    return sorted(filter(None, found), key=lambda target: target.rank)


def why_none(one: column.Column) -> str:
    """Why a column is not learned, in words."""
    if one.left_out:
        return one.left_out
    if one.is_images:
        return "images"
    if one.is_split:
        return "names splits"
    return f"{one.different}, {wording.counted(round(one.characters), 'character')} on average"


def _target(one: column.Column, from_last: int) -> Target | None:
    if one.left_out or one.is_images or one.is_split:
        return None
    rank = vocabulary.target_rank(one.name)
    told = "" if rank is None else "named as what is learned; "
    # Without a telling name the last column is the likeliest, and classes before quantities.
    place = _UNNAMED + from_last if rank is None else rank
    if one.missing:
        told += f"{wording.share(one.missing, len(one.cells))} of the rows have none; "
    if one.lists:
        is_tags = all(isinstance(tag, str | int) for cell in one.lists for tag in cell)
        return Target(one, "categories", place, f"{told}lists") if is_tags else None
    if one.separator is not None:
        several = sum(one.separator in text for text in one.filled)
        told += (
            f"{wording.share(several, len(one.filled))} of the cells hold several with "
            f"{one.separator!r} between"
        )
        return Target(one, "categories", place, told, one.separator)
    if one.numbers is not None and _is_quantity(one, rank):
        low, high = min(one.numbers), max(one.numbers)
        told += f"{len(one.counts):,} different numbers, {low:g} to {high:g}"
        return Target(one, "number", place + (rank is None) * _UNNAMED, told)
    if not _is_category(one, rank):
        return None
    values = wording.counted(len(one.counts), "value")
    return Target(one, "category", place, f"{told}{values}: {one.shares}")


def _is_quantity(one: column.Column, rank: int | None) -> bool:
    different = len(one.counts)
    if different <= 2:
        return False
    if vocabulary.is_quantity(one.name) or one.has_fractions:
        return True
    is_label = vocabulary.is_exact(rank) and len(one.filled) >= _PER_NUMBER * different
    return different > _FEW_NUMBERS and not is_label


def _is_category(one: column.Column, rank: int | None) -> bool:
    different, rows = len(one.counts), len(one.filled)
    short = sum(len(text) <= column.LONGEST_LABEL for text in one.filled)
    if short < _NEARLY_ALL * rows:
        return False
    if rank is None:
        return 1 < different <= min(_MOST_UNNAMED, rows / _PER_VALUE)
    return different == 1 or different < rows < _FEW_ROWS or different <= rows / 2
