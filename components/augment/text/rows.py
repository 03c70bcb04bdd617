"""A batch of rows, and what is done to it."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from components.augment.text import draws
from components.augment.text.words import Split, Words


@dataclasses.dataclass
class Rows:
    """Rows that are augmented together."""

    texts: Sequence[str]
    """Text of each row."""
    keys: np.ndarray
    """What randomness of each row depends on, `(rows,)` uint64."""
    _taken: dict[Split, list[Words]] = dataclasses.field(default_factory=dict)

    def new_texts(self, copies: Sequence[int], purpose: str) -> tuple[np.ndarray, np.ndarray]:
        """The new texts of a batch, those of a row beside each other.

        Args:
            copies: How many each row gives, `(rows,)`.
            purpose: Name of the operation.

        Returns:
            Index of the row of each, and where its random numbers begin; `(texts,)` each.
        """
        counts = np.array(copies, np.int64)
        owners = np.repeat(np.arange(len(counts)), counts)
        ends = np.cumsum(counts)
        within = np.arange(len(owners)) - np.repeat(ends - counts, counts)
        return owners, draws.states(self.keys[owners], purpose, within)

    def split(self, split: Split) -> list[Words]:
        """Each text taken apart; done once however many operations ask."""
        if split not in self._taken:
            self._taken[split] = split(self.texts)
        return self._taken[split]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One way of making new texts."""

    name: str
    """In reports, and part of what randomness depends on."""
    copies: int
    """New texts per row, at least 1."""
    make: Callable[[Rows, Sequence[int]], Iterator[tuple[int, str]]]
    """Makes up to the given number of new texts of each row: index of the row and text, in the
    order of the rows."""
    columns: tuple[str, ...] = ()
    """Columns whose texts it varies; all of them if empty."""

    def varies(self, column: str) -> bool:
        """Whether texts of a column are varied."""
        return not self.columns or column in self.columns
