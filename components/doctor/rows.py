"""One split as the checks of the data see it."""

import dataclasses
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np


@dataclasses.dataclass(frozen=True)
class Rows:
    """What is kept of all rows of a split."""

    labels: Sequence[str]
    """One per row."""
    keys: np.ndarray
    """`(rows,)` uint64; equal where two inputs are the same."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.labels)

    def take(self, places: np.ndarray) -> Self:
        """Some of the rows, by their index."""
        labels = [self.labels[place] for place in places]
        return dataclasses.replace(self, labels=labels, keys=self.keys[places])


@dataclasses.dataclass(frozen=True)
class Sample(Rows):
    """Rows with their inputs, of which memory holds so many only."""

    inputs: Sequence[str] | Sequence[bytes]
    """Texts, or encoded images."""
    places: np.ndarray
    """Where among all rows they stand, `(rows,)` int."""

    def take(self, places: np.ndarray) -> Self:
        """Some of the rows, by their index."""
        inputs = [self.inputs[place] for place in places]
        taken = super().take(places)
        return dataclasses.replace(taken, inputs=inputs, places=self.places[places])

    def at_most(self, limit: int, seed: int) -> Self:
        """At most `limit` rows, drawn without replacement, in their order."""
        if len(self) <= limit:
            return self
        drawn = np.random.default_rng(seed).choice(len(self), limit, replace=False)
        return self.take(np.sort(drawn))


Row = tuple[str | bytes, str | bytes]
"""Input and label; texts and labels may be UTF-8."""


def texts(split: Iterable[Row], limit: int, seed: int) -> tuple[Rows, Sample]:
    """Rows of texts; two are the same if they differ in case, spacing and Unicode form alone.

    Args:
        split: Read once.
        limit: Rows of the sample at most, at least 1.
        seed: Of the sample, drawn without replacement, in the order of the rows.
    """
    decoded = ((_text(content), label) for content, label in split)
    return _read(decoded, _normal_bytes, limit, seed)


def images(split: Iterable[Row], limit: int, seed: int) -> tuple[Rows, Sample]:
    """Rows of encoded images; two are the same if their bytes are.

    Args:
        split: Read once.
        limit: Rows of the sample at most, at least 1.
        seed: Of the sample, drawn without replacement, in the order of the rows.
    """
    return _read(split, bytes, limit, seed)


def _read(
    split: Iterable[tuple[Any, str | bytes]],
    content_of: Callable[[Any], bytes],
    limit: int,
    seed: int,
) -> tuple[Rows, Sample]:
    """Draw the sample on the way (Vitter 1985, "Random Sampling with a Reservoir", algorithm R)."""
    random = np.random.default_rng(seed)
    labels, digests = [], []
    reservoir: list[tuple[int, Any]] = []
    for number, (value, label) in enumerate(split):
        labels.append(_text(label))
        digests.append(hashlib.blake2b(content_of(value), digest_size=8).digest())
        if number < limit:
            reservoir.append((number, value))
        elif (place := int(random.integers(number + 1))) < limit:
            reservoir[place] = (number, value)
    rows = Rows(labels, np.frombuffer(b"".join(digests), "<u8"))
    drawn = sorted(reservoir, key=lambda item: item[0])
    places = np.array([number for number, _ in drawn], int)
    chosen = rows.take(places)
    return rows, Sample(chosen.labels, chosen.keys, [value for _, value in drawn], places)


def normalize(text: str) -> str:
    """A text without what does not change its words: case, spacing, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _normal_bytes(text: str) -> bytes:
    # What UTF-8 cannot hold can still be told apart.
    return normalize(text).encode("utf-8", "surrogatepass")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
