"""How probable texts are by counts of runs of bytes, whatever pieces a model has.

Bits per byte compare them with a model's: see `models/tasks/one_way/metrics.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from components.baseline import ngrams

_ORDER = 6
_KINDS = 256
_MOST_BYTES = 4_000_000
"""Of the train split that are counted, so that it takes seconds."""
_Texts = Sequence[tuple[bytes, ...]]


def kneser_ney(train: _Texts, targets: Sequence[Any], asked: _Texts) -> list[dict[str, Any]]:
    """Tell each byte by the five before it."""
    del targets
    return _told(train, _ORDER, asked)


def frequent(train: _Texts, targets: Sequence[Any], asked: _Texts) -> list[dict[str, Any]]:
    """Tell each byte by how frequent it is."""
    del targets
    return _told(train, 1, asked)


def _told(train: _Texts, order: int, asked: _Texts) -> list[dict[str, Any]]:
    # By counts alone a byte that was never seen would make a text impossible.
    k = 1.0 if order == 1 else None
    counted = ngrams.learn(_counted(train), _KINDS, order, k)
    return [_answer(counted, text) for (text,) in asked]


def _answer(counted: ngrams.Ngrams, text: bytes) -> dict[str, Any]:
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
