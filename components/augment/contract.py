"""What the Augment stage needs of whoever makes new examples from old ones.

Texts are augmented by this package, images by `models/`, which components must not import:
the stage gets an `Augmenter` from a function that it is told by its dotted path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

ORIGINAL = "original"
"""Name of a row as operations see it."""


class Copy(NamedTuple):
    """An augmented example; its label is that of the row it was made from."""

    row: int
    """Index of that row."""
    operation: str
    """Name of the operation."""
    content: bytes
    """UTF-8 text or encoded image."""
    note: str = ""
    """What a preview says below it, such as the shares of mixed labels."""


class Augmenter(Protocol):
    """Makes new examples from old ones."""

    copies: int
    """New examples of each row, as configured; at least 0."""
    shown: Sequence[str]
    """Names of what `show` applies to each row, in order."""
    dropped: Counter[str]
    """Copies by operation that `augment` threw away because nothing in them was new."""

    def augment(
        self, inputs: Sequence[bytes], labels: Sequence[str], seed: int, copies: Sequence[int]
    ) -> Iterator[Copy]:
        """Make copies, ordered by row; the same rows in one call and the same seed give the same.

        Args:
            inputs: Texts or encoded images.
            labels: Their labels.
            seed: Another one gives other copies.
            copies: How many are wanted of each row; there may be fewer.
        """

    def show(self, inputs: Sequence[bytes], labels: Sequence[str], seed: int) -> Iterator[Copy]:
        """Make one copy by each operation alone, for a preview.

        One named `ORIGINAL` is shown in the row's place, if operations see something else.
        """

    def warnings(self, labels: Collection[str]) -> list[str]:
        """What about these labels makes an operation doubtful, in words."""
