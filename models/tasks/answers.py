"""Answers as metrics take them: text in place of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


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
