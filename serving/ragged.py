"""Answers whose rows have different numbers of values, such as the labels that fit a text.

TensorFlow Serving answers with dense tensors. So rows are filled up, text with the empty string and
numbers with 0, and beside an output `X` there is `X_length`, how many values of each row count.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LENGTH = "_length"
"""End of the name of an output that says how many values of another one count."""


def trimmed(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row without what it was filled up with, and without the lengths.

    Args:
        row: Values by output, without the axis of rows: scalars, lists or arrays.
    """
    lengths = {
        name: name + LENGTH
        for name, value in row.items()
        if np.ndim(value) and _is_whole(row.get(name + LENGTH))
    }
    return {
        name: value[: int(row[lengths[name]])] if name in lengths else value
        for name, value in row.items()
        if name not in lengths.values()
    }


def rows(outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """An answer as a mapping for each row, with the values that count.

    Args:
        outputs: By name, `(rows, ...)`.

    Raises:
        ValueError: If outputs have no rows, or not equally many.
    """
    shapes = {name: np.shape(array) for name, array in outputs.items()}
    sizes = {shape[0] for shape in shapes.values() if shape}
    if len(sizes) != 1 or () in shapes.values():
        raise ValueError(
            "Every output must have the same number of rows as its first axis. "
            f"Received the shapes: {shapes}"
        )
    found = [
        {name: array[index] for name, array in outputs.items()} for index in range(sizes.pop())
    ]
    is_ragged = any(name + LENGTH in outputs for name in outputs)
    return [trimmed(row) for row in found] if is_ragged else found


def concatenate(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Answers one below the other, all filled up as far as the longest of them.

    Args:
        parts: Of one signature; at least one, by output `(rows, ...)`.
    """
    return {name: _concatenate([part[name] for part in parts]) for name in parts[0]}


def common(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What two answers to the same rows both have, where rows of theirs have other lengths.

    Args:
        first: Of one output.
        second: Of the same output; as many axes.
    """
    both = tuple(map(slice, np.minimum(np.shape(first), np.shape(second)).tolist()))
    return np.asarray(first)[both], np.asarray(second)[both]


def _is_whole(value: Any) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iu"


def _concatenate(arrays: Sequence[np.ndarray]) -> np.ndarray:
    widest = np.max([array.shape[1:] for array in arrays], axis=0).astype(int)
    return np.concatenate([_filled(array, widest) for array in arrays])


def _filled(array: np.ndarray, widest: np.ndarray) -> np.ndarray:
    filled = np.full((len(array), *widest), b"" if array.dtype == object else 0, array.dtype)
    filled[tuple(map(slice, array.shape))] = array
    return filled
