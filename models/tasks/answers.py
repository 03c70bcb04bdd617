"""Answers as the graph gives them and as metrics take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

LENGTH = "_length"
"""End of the name of an output that says how many values of another one count; `serving.ragged`
reads it."""


def padded(name: str, values: Any, width: int | None) -> dict[str, Any]:
    """Answers with different numbers of values, as the dense tensors that servers answer with.

    Args:
        name: Of the output.
        values: Ragged in its second axis only, `(n, None, ...)`.
        width: Most values of a row; None for those of the longest one.

    Returns:
        `name` `(n, width, ...)`, filled up with empty text or 0, and `name_length` `(n,)` int32.
    """
    import tensorflow as tf

    dense = values.to_tensor(shape=(None, width, *values.flat_values.shape[1:]))
    return {name: dense, name + LENGTH: tf.cast(values.row_lengths(), tf.int32)}


def plain(outputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The answer to one example.

    Args:
        outputs: By name, values or arrays of them.

    Returns:
        Arrays of numbers and of text.
    """
    return {name: _plain(np.atleast_1d(value)) for name, value in outputs.items()}


def _plain(value: np.ndarray) -> np.ndarray:
    if value.dtype.kind not in "OS":
        return value
    words = [
        word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
        for word in value.reshape(-1)
    ]
    return np.array(words, dtype=object).reshape(value.shape)
