"""New texts from the operations of `augmentation:`."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from components.augment.text import draws, preparing
from components.augment.text.config import TextAugmentation
from components.augment.text.preparing import Resources
from components.augment.text.rows import Operation, Rows

_BATCH = 1024

Texts = tuple[str, ...]
"""A row's texts, one of each column."""


class Augmented(NamedTuple):
    """One row's new texts."""

    row: int
    """Index of the row that they come from."""
    operation: str
    """Name of the operation."""
    texts: Texts
    """Of each column; at least one of them is new."""


class TextAugmenter:
    """Operations with all they need loaded.

    Args:
        operations: What the YAML says.
        num_train: Rows of the whole training split.
        resources: What operations need beyond their config.
        columns: Names of the columns with texts.

    Raises:
        ValueError: If a file or a model cannot be used.
    """

    def __init__(
        self,
        operations: Sequence[TextAugmentation],
        num_train: int,
        resources: Resources,
        columns: Sequence[str],
    ) -> None:
        self._operations = preparing.prepare(operations, num_train, resources)
        self._columns = tuple(columns)
        self.dropped: Counter[str] = Counter()
        """Copies by operation that could not be made, or that were blank, the row's own or equal to
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
        rows: Sequence[Texts],
        targets: Sequence[str],
        seed: int,
        copies: Sequence[int] | None = None,
    ) -> Iterator[Augmented]:
        """Make new texts.

        What a row gives depends on the seed, its texts, its target and its number of copies alone.
        Of several columns each is varied by itself; where an operation makes nothing of one, that
        one stays as it is. Columns never change places.

        Args:
            rows: Texts of each column, any, empty ones included.
            targets: One per row, in words.
            seed: Seed of all augmentations.
            copies: Copies wanted of each row, at least 0; by default those of the config. More
                are further draws of all operations in turn.

        Yields:
            Copies by row. Fewer than wanted where a row gives no others: none is equal to the row
            or to another copy of it.
        """
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            owners, names, made = self._make(
                rows[part], targets[part], seed, None if copies is None else copies[part]
            )
            last, seen = -1, set()
            # Python's sort is stable: copies of a row stay in the order of the operations.
            for place in sorted(range(len(owners)), key=owners.__getitem__):
                row, texts = owners[place], made[place]
                if row != last:
                    last, seen = row, {rows[start + row]}
                if texts in seen:
                    self.dropped[names[place]] += 1
                    continue
                seen.add(texts)
                yield Augmented(start + row, names[place], texts)

    def _make(
        self, rows: Sequence[Texts], targets: Sequence[str], seed: int, copies: Sequence[int] | None
    ) -> tuple[list[int], list[str], list[Texts]]:
        """Row, operation and texts of all that is made, by operation."""
        columns = [
            Rows(texts, self._keys(seed, targets, rows, place))
            for place, texts in enumerate(zip(*rows, strict=True))
        ]
        # Flat lists, and tuples of strings alone: the garbage collector soon follows none of them.
        owners: list[int] = []
        names: list[str] = []
        made: list[Texts] = []
        shares = self._shares(columns[0], copies)
        for operation, counts in zip(self._operations, shares, strict=True):
            before = len(owners)
            for owner, texts in self._together(operation, rows, columns, counts):
                owners.append(owner)
                made.append(texts)
            names += [operation.name] * (len(owners) - before)
            self.dropped[operation.name] += sum(counts) - (len(owners) - before)
        return owners, names, made

    def _keys(
        self, seed: int, targets: Sequence[str], rows: Sequence[Texts], place: int
    ) -> np.ndarray:
        """What randomness of each row's text in a column depends on."""
        if len(self._columns) > 1:
            name = self._columns[place]
            targets = [
                "\0".join((target, name, *row)) for target, row in zip(targets, rows, strict=True)
            ]
        return draws.keys(seed, targets, [row[place] for row in rows])

    def _together(
        self,
        operation: Operation,
        rows: Sequence[Texts],
        columns: Sequence[Rows],
        counts: Sequence[int],
    ) -> Iterator[tuple[int, Texts]]:
        """An operation's copies of each row, put together from what it makes of each column."""
        if len(columns) == 1:  # The usual case, and several times faster than the general one.
            for owner, text in operation.make(columns[0], counts):
                yield owner, (text,) if _is_seen(text) else rows[owner]
            return
        made: list[list[list[str]]] = []
        for name, texts in zip(self._columns, columns, strict=True):
            made.append([[] for _ in rows])
            if operation.varies(name):
                for owner, text in operation.make(texts, counts):
                    made[-1][owner].append(text)
        for owner, (originals, *new) in enumerate(zip(rows, *made, strict=True)):
            for number in range(max(map(len, new))):
                together = zip(originals, new, strict=True)
                yield owner, tuple(_chosen(original, of, number) for original, of in together)

    def _shares(self, rows: Rows, copies: Sequence[int] | None) -> list[list[int]]:
        """How many copies each operation makes of each row."""
        if copies is None:
            return [[operation.copies] * len(rows.texts) for operation in self._operations]
        shares = [_divide(self._operations, *pair) for pair in zip(copies, rows.keys, strict=True)]
        return [list(column) for column in zip(*shares, strict=True)]


def _chosen(original: str, made: Sequence[str], number: int) -> str:
    """The new text of a copy, or the original where there is none or it is blank."""
    return made[number] if number < len(made) and _is_seen(made[number]) else original


def _is_seen(text: str) -> bool:
    return bool(text) and not text.isspace()


def _divide(operations: Sequence[Operation], wanted: int, key: int) -> list[int]:
    """Copies of each operation, in proportion; what is left over is drawn."""
    slots = [place for place, o in enumerate(operations) for _ in range(o.copies)]
    rounds, rest = divmod(wanted, len(slots))
    drawn = Counter(random.Random(int(key)).sample(slots, rest))
    return [rounds * o.copies + drawn[place] for place, o in enumerate(operations)]
