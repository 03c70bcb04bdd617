"""Inputs of a model in the JSON of REST, which is also how examples are kept beside a model."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BINARY = "_bytes"
"""End of the names whose values are written as base64; TensorFlow Serving's rule for answers."""

Arrays = Mapping[str, np.ndarray]


def rows(inputs: Arrays) -> list[dict[str, Any]]:
    """Elements of `instances`, each with the names of its values.

    Args:
        inputs: By name, `(rows, ...)`; strings as object arrays of bytes.

    Returns:
        Strings as text, or as base64 if the name ends in `_bytes` or they are no UTF-8; numbers as
        NumPy has them, because orjson writes those in their own digits.
    """
    values = columns(inputs)
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def columns(inputs: Arrays) -> dict[str, Any]:
    """The value of `inputs`: a list of all rows' values by name.

    Args:
        inputs: As for `rows`.
    """
    return {name: [_plain(name, value) for value in array] for name, array in inputs.items()}


def arrays(examples: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """The inverse of `rows`, of strings `(rows,)`.

    Args:
        examples: At least one.
    """
    return {
        name: np.array([_bytes(example[name]) for example in examples], object)
        for name in examples[0]
    }


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_plain(name, item) for item in value]
    return _text(name, value) if isinstance(value, bytes) else value


def _text(name: str, value: bytes) -> Any:
    if not name.endswith(BINARY):
        try:
            return value.decode()
        except UnicodeDecodeError:
            pass
    return {"b64": base64.b64encode(value).decode()}


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode()
