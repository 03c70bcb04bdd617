"""How probable texts are by counts of runs of bytes, whatever pieces a model has.

Bits per byte compare them with a model's: see `models/tasks/one_way/metrics.py`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

_ORDER = 6
_KINDS = 256
_MOST_BYTES = 4_000_000
"""Of the train split that are counted, so that it takes seconds."""
_Texts = Sequence[tuple[bytes, ...]]


class Counted(Protocol):
    """Counted texts."""

    def log_probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Of each token of a text after those before it, in nats, `(n,)`."""


Learn = Callable[[Sequence[np.ndarray], int, int, float | None], Counted]
"""Tokens of texts, how many different ones there are, the order, and what is added to each count
or, of Kneser-Ney, None, to what was counted."""


@dataclasses.dataclass(frozen=True)
class Counting:
    """A way to answer that stands on counts, whose code must not be imported here."""

    answer: Callable[[Learn, _Texts, Sequence[Any], _Texts], list[dict[str, Any]]]
    """How n-grams are counted, inputs and targets of the train split, and inputs of other rows to
    the answers to these."""


def kneser_ney(
    learn: Learn, train: _Texts, targets: Sequence[Any], asked: _Texts
) -> list[dict[str, Any]]:
    """Tell each byte by the five before it."""
    del targets
    return _told(learn(_counted(train), _KINDS, _ORDER, None), asked)


def frequent(
    learn: Learn, train: _Texts, targets: Sequence[Any], asked: _Texts
) -> list[dict[str, Any]]:
    """Tell each byte by how frequent it is."""
    del targets
    # By counts alone a byte that was never seen would make a text impossible.
    return _told(learn(_counted(train), _KINDS, 1, 1.0), asked)


def _told(counted: Counted, asked: _Texts) -> list[dict[str, Any]]:
    return [_answer(counted, text) for (text,) in asked]


def _answer(counted: Counted, text: bytes) -> dict[str, Any]:
    """As a model is judged: the logarithm of a text's probability in nats, and its bytes."""
    told = counted.log_probabilities(np.frombuffer(text, np.uint8))
    return {"log_probability": float(told.sum()), "bytes": len(text)}


def _counted(train: _Texts) -> list[np.ndarray]:
    texts = [text for (text,) in train if text]
    sizes: Iterable[int] = itertools.accumulate(map(len, texts), initial=0)
    return [
        np.frombuffer(text, np.uint8)
        for text, before in zip(texts, sizes, strict=False)
        if before < _MOST_BYTES
    ]
