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

    targets: Sequence[Any]
    """One per row: a label, a tuple of labels, a number, or None where nothing is a target."""
    keys: np.ndarray
    """`(rows,)` uint64; equal where two rows have the same inputs."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.targets)

    def take(self, places: np.ndarray) -> Self:
        """Some of the rows, by their index."""
        targets = [self.targets[place] for place in places]
        return dataclasses.replace(self, targets=targets, keys=self.keys[places])


@dataclasses.dataclass(frozen=True)
class Sample(Rows):
    """Rows with their inputs, of which memory holds so many only."""

    inputs: Sequence[str] | Sequence[bytes] | Sequence[tuple[str, ...]]
    """Texts, encoded images, or two texts a row."""
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


Row = tuple[Any, Any]
"""Input and target. Inputs are a text, an encoded image or a tuple of texts, targets what `Rows`
says; texts and labels may be UTF-8."""
_EXCERPT = 80
"""Characters of a text that are shown."""
_BETWEEN = b"\x1f"
"""Between two texts; white space, of which a normal text has single spaces only."""


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


def several(split: Iterable[Row], limit: int, seed: int) -> tuple[Rows, Sample]:
    """Rows of several texts; two rows are the same if all their texts are.

    Args:
        split: Read once.
        limit: Rows of the sample at most, at least 1.
        seed: Of the sample, drawn without replacement, in the order of the rows.
    """
    decoded = ((tuple(map(_text, content)), target) for content, target in split)
    return _read(decoded, lambda texts: _BETWEEN.join(map(_normal_bytes, texts)), limit, seed)


def excerpt(content: Any, split: str, place: int) -> str:
    """An input as a person finds it again: the start of its texts, or the number of an image."""
    if isinstance(content, bytes):
        return f"{split} image {place}"
    texts_of_it = (content,) if isinstance(content, str) else content
    return " | ".join(text[:_EXCERPT] for text in texts_of_it)


def _read(
    split: Iterable[tuple[Any, Any]],
    content_of: Callable[[Any], bytes],
    limit: int,
    seed: int,
) -> tuple[Rows, Sample]:
    """Draw the sample on the way (Vitter 1985, "Random Sampling with a Reservoir", algorithm R)."""
    random = np.random.default_rng(seed)
    targets, digests = [], []
    reservoir: list[tuple[int, Any]] = []
    for number, (value, target) in enumerate(split):
        targets.append(_text(target) if isinstance(target, bytes) else target)
        digests.append(hashlib.blake2b(content_of(value), digest_size=8).digest())
        if number < limit:
            reservoir.append((number, value))
        elif (place := int(random.integers(number + 1))) < limit:
            reservoir[place] = (number, value)
    rows = Rows(targets, np.frombuffer(b"".join(digests), "<u8"))
    drawn = sorted(reservoir, key=lambda item: item[0])
    places = np.array([number for number, _ in drawn], int)
    chosen = rows.take(places)
    return rows, Sample(chosen.targets, chosen.keys, [value for _, value in drawn], places)


def normalize(text: str) -> str:
    """A text without what does not change its words: case, spacing, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _normal_bytes(text: str) -> bytes:
    # What UTF-8 cannot hold can still be told apart.
    return normalize(text).encode("utf-8", "surrogatepass")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
