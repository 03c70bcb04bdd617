"""New texts from the operations of `augmentation:`."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from components.augment.text import draws, preparing
from components.augment.text.config import TextAugmentation
from components.augment.text.preparing import Resources
from components.augment.text.rows import Operation, Rows

_BATCH = 1024


class Augmented(NamedTuple):
    """One new text."""

    row: int
    """Index of the row that it comes from."""
    operation: str
    """Name of the operation."""
    text: str
    """The new text."""


class TextAugmenter:
    """Operations with all they need loaded.

    Args:
        operations: What the YAML says.
        num_train: Rows of the whole training split.
        resources: What operations need beyond their config.

    Raises:
        ValueError: If a file or a model cannot be used.
    """

    def __init__(
        self, operations: Sequence[TextAugmentation], num_train: int, resources: Resources
    ) -> None:
        self._operations = preparing.prepare(operations, num_train, resources)
        self.dropped: Counter[str] = Counter()
        """Texts by operation that could not be made, or that were blank, the row's own or equal to
        another of the row's."""

    @property
    def names(self) -> tuple[str, ...]:
        """Operations that give new texts."""
        return tuple(operation.name for operation in self._operations)

    @property
    def copies(self) -> int:
        """New texts per row by the config."""
        return sum(operation.copies for operation in self._operations)

    def augment(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        seed: int,
        copies: Sequence[int] | None = None,
    ) -> Iterator[Augmented]:
        """Make new texts.

        What a row gives depends on the seed, its text, its label and its number of copies alone.

        Args:
            texts: Any, empty ones included.
            labels: One per text.
            seed: Seed of all augmentations.
            copies: New texts wanted of each row, at least 0; by default those of the config. More
                are further draws of all operations in turn.

        Yields:
            New texts by row. Fewer than wanted where a row gives no others: none is equal to the
            row's text or to another of its new texts.
        """
        for start in range(0, len(texts), _BATCH):
            part = slice(start, start + _BATCH)
            rows = Rows(texts[part], draws.keys(seed, labels[part], texts[part]))
            owners, names, made = self._make(rows, None if copies is None else copies[part])
            last, seen = -1, set()
            # Python's sort is stable: texts of a row stay in the order of the operations.
            for place in sorted(range(len(owners)), key=owners.__getitem__):
                row, text = owners[place], made[place]
                if row != last:
                    last, seen = row, {rows.texts[row]}
                if text in seen or not text or text.isspace():
                    self.dropped[names[place]] += 1
                    continue
                seen.add(text)
                yield Augmented(start + row, names[place], text)

    def _make(
        self, rows: Rows, copies: Sequence[int] | None
    ) -> tuple[list[int], list[str], list[str]]:
        """Row, operation and text of all that is made, by operation."""
        # Flat lists of strings and numbers: the garbage collector has nothing to follow.
        owners: list[int] = []
        names: list[str] = []
        texts: list[str] = []
        for operation, counts in zip(self._operations, self._shares(rows, copies), strict=True):
            before = len(owners)
            for owner, text in operation.make(rows, counts):
                owners.append(owner)
                texts.append(text)
            names += [operation.name] * (len(owners) - before)
            self.dropped[operation.name] += sum(counts) - (len(owners) - before)
        return owners, names, texts

    def _shares(self, rows: Rows, copies: Sequence[int] | None) -> list[list[int]]:
        """How many new texts each operation makes of each row."""
        if copies is None:
            return [[operation.copies] * len(rows.texts) for operation in self._operations]
        shares = [_divide(self._operations, *pair) for pair in zip(copies, rows.keys, strict=True)]
        return [list(column) for column in zip(*shares, strict=True)]


def _divide(operations: Sequence[Operation], wanted: int, key: int) -> list[int]:
    """Copies of each operation, in proportion; what is left over is drawn."""
    slots = [place for place, o in enumerate(operations) for _ in range(o.copies)]
    rounds, rest = divmod(wanted, len(slots))
    drawn = Counter(random.Random(int(key)).sample(slots, rest))
    return [rounds * o.copies + drawn[place] for place, o in enumerate(operations)]


def augment(
    texts: Sequence[str],
    labels: Sequence[str],
    operations: Sequence[TextAugmentation],
    seed: int,
    num_train: int,
    resources: Resources,
    copies: Sequence[int] | None = None,
) -> Iterator[Augmented]:
    """Load operations and use them once; see `TextAugmenter`."""
    return TextAugmenter(operations, num_train, resources).augment(texts, labels, seed, copies)
