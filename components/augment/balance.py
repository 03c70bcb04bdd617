"""How many copies each row of the train split gets."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping

from components.bounds import WholeNumber


@dataclasses.dataclass(frozen=True)
class CopiesConfig:
    """How the Augment stage writes rows into the train split."""

    balance: bool = False
    """Whether rare labels get more copies, until all have as many rows as the most frequent one.
    Images that are augmented anew each epoch are repeated as they are."""
    materialize: WholeNumber = 0
    """Images only: augmented copies written of each image, instead of augmenting images anew each
    epoch; 0: none. Texts are always written; their operations say how often."""
    seed: int = 0
    """Seed of the copies; another one gives others."""


def totals(rows: Mapping[str, int], copies: int, *, balanced: bool) -> dict[str, int]:
    """Copies that each label gets.

    Args:
        rows: Rows by label.
        copies: Of each row, at least 0.
        balanced: Whether every label is to have as many rows as the most frequent one will have.
    """
    if not balanced:
        return {label: count * copies for label, count in rows.items()}
    goal = max(rows.values()) * (1 + copies)
    return {label: goal - count for label, count in rows.items()}


class Shares:
    """Deals the copies of a label out to its rows as evenly as whole numbers allow.

    Args:
        rows: Rows by label.
        totals: Copies by label.
    """

    def __init__(self, rows: Mapping[str, int], totals: Mapping[str, int]):
        self._rows = rows
        self._totals = totals
        self._seen: Counter[str] = Counter()

    def next(self, label: str) -> int:
        """Copies of the next row with a label."""
        position = self._seen[label]
        self._seen[label] += 1
        total, rows = self._totals[label], self._rows[label]
        return (position + 1) * total // rows - position * total // rows
