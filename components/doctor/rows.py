"""One split as the checks of the data see it."""

import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Rows:
    """Inputs and labels of one split, or of a sample of it."""

    inputs: Sequence[str] | Sequence[bytes]
    """Texts, or encoded images."""
    labels: Sequence[str]
    """One per input."""
    keys: np.ndarray
    """`(rows,)` uint64; equal where two inputs are the same."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.labels)

    def take(self, places: np.ndarray) -> "Rows":
        """Some of the rows, by their index."""
        return Rows(
            [self.inputs[place] for place in places],
            [self.labels[place] for place in places],
            self.keys[places],
        )

    def sample(self, limit: int, seed: int) -> "Rows":
        """At most `limit` rows, drawn without replacement, in their order."""
        if len(self) <= limit:
            return self
        drawn = np.random.default_rng(seed).choice(len(self), limit, replace=False)
        return self.take(np.sort(drawn))

    def distinct(self) -> "Rows":
        """The first of all rows with the same input."""
        return self.take(np.sort(np.unique(self.keys, return_index=True)[1]))


def texts(inputs: Sequence[str | bytes], labels: Sequence[str | bytes]) -> Rows:
    """Rows of texts; two are the same if they differ in case, spacing and Unicode form alone.

    Args:
        inputs: Texts, or their UTF-8.
        labels: One per text, or its UTF-8.
    """
    decoded = [_text(value) for value in inputs]
    return Rows(decoded, [_text(label) for label in labels], _keys(map(_normal_bytes, decoded)))


def images(inputs: Sequence[bytes], labels: Sequence[str | bytes]) -> Rows:
    """Rows of images; two are the same if their bytes are.

    Args:
        inputs: Encoded images.
        labels: One per image, or its UTF-8.
    """
    return Rows(inputs, [_text(label) for label in labels], _keys(inputs))


def normalize(text: str) -> str:
    """A text without what does not change its words: case, spacing, Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _normal_bytes(text: str) -> bytes:
    # What UTF-8 cannot hold can still be told apart.
    return normalize(text).encode("utf-8", "surrogatepass")


def _keys(contents: Iterable[bytes]) -> np.ndarray:
    digests = [hashlib.blake2b(content, digest_size=8).digest() for content in contents]
    return np.frombuffer(b"".join(digests), "<u8")


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
