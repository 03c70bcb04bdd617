"""Features of examples as lists of one type, for Classify and Regress."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def encode_examples(examples: Sequence[Mapping[str, Any]]) -> list[dict[str, list[Any]]]:
    """Make lists of `int`, `float` or `bytes` of each feature of each example.

    Args:
        examples: A value or a flat list of values by feature: booleans and integers, numbers,
            or strings and bytes.

    Raises:
        ValueError: If there are no examples, or a value is something else.
    """
    if isinstance(examples, Mapping | str | bytes) or not len(examples):
        raise ValueError(
            "Examples must be a list of at least one mapping of features to values. "
            f"Received: {_short(examples)}"
        )
    return [encode_example(example, f"example {n}") for n, example in enumerate(examples)]


def encode_example(example: Mapping[str, Any], what: str) -> dict[str, list[Any]]:
    """Make lists of `int`, `float` or `bytes` of each feature.

    Args:
        example: Values by feature.
        what: What it is, for errors.

    Raises:
        ValueError: If it is no mapping, or a value is something else.
    """
    if not isinstance(example, Mapping):
        raise ValueError(f"{what} must map features to values. Received: {_short(example)}")
    return {name: _values(f"Feature {name!r} of {what}", value) for name, value in example.items()}


def _values(what: str, value: Any) -> list[Any]:
    values = value.ravel().tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(values, list | tuple):
        values = [values]
    values = [item.item() if isinstance(item, np.generic) else item for item in values]
    if all(isinstance(item, str | bytes) for item in values):
        return [item.encode() if isinstance(item, str) else item for item in values]
    if all(isinstance(item, int) for item in values):  # A boolean is an integer, here as there.
        return [int(item) for item in values]
    if all(isinstance(item, int | float) for item in values):
        return [float(item) for item in values]
    raise ValueError(
        f"{what} must be numbers, or strings and bytes, in a flat list. Received: {_short(value)}"
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
