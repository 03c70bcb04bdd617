"""What the Augment stage needs of whoever makes new examples from old ones.

Texts are augmented by this package, images by `models/`, which components must not import:
the stage gets an `Augmenter` from a function that it is told by its dotted path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

ORIGINAL = "original"
"""Name of a row as operations see it."""
NO_LABEL = "no label"
"""What a row of several labels that has none is called."""
Inputs = tuple[bytes, ...]
"""A row's UTF-8 texts or encoded images, in the order of the task's columns."""


class Copy(NamedTuple):
    """An augmented example; its target is that of the row it was made from."""

    row: int
    """Index of that row."""
    operation: str
    """Name of the operation."""
    inputs: Inputs
    """What is new, and of several columns also what was left as it is."""
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
        self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int, copies: Sequence[int]
    ) -> Iterator[Copy]:
        """Make copies, ordered by row; the same rows in one call and the same seed give the same.

        Args:
            inputs: Of each row.
            targets: Of each row: a label, a tuple of labels or a number.
            seed: Another one gives other copies.
            copies: How many are wanted of each row; there may be fewer.
        """

    def show(self, inputs: Sequence[Inputs], targets: Sequence[Any], seed: int) -> Iterator[Copy]:
        """Make one copy by each operation alone, for a preview.

        One named `ORIGINAL` is shown in the row's place, if operations see something else.
        """

    def warnings(self, labels: Collection[str]) -> list[str]:
        """What about these labels makes an operation doubtful, in words."""


def words(target: Any) -> str:
    """A target in words.

    Args:
        target: A label, a tuple of labels or a number.
    """
    if target is None:
        return ""
    if isinstance(target, str):
        return target
    return f"{target:g}" if isinstance(target, float) else ", ".join(target) or NO_LABEL


def labels_of(target: Any) -> tuple[str, ...]:
    """The labels that a target has; a number and None have none.

    Args:
        target: A label, a tuple of labels or a number.
    """
    if isinstance(target, str):
        return (target,)
    return () if target is None or isinstance(target, float) else tuple(target)
