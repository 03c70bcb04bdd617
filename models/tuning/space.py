"""From the ranges of a search to KerasTuner's hyperparameters and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import keras_tuner

from models.tuning.config import SearchRange


def declare(space: Mapping[str, SearchRange], hp: keras_tuner.HyperParameters) -> None:
    """Register the space on `hp`, which then has a value for each field."""
    for path, searched in space.items():
        if searched.values is not None:
            hp.Choice(path, _choices(searched))
            continue
        if searched.step is not None:
            # KerasTuner's own steps miss the end of a range by rounding, and make fractions of
            # whole numbers in `log`.
            hp.Choice(path, searched.stepped(), ordered=True)
            continue
        low, high = searched.linear or searched.log or (0, 0)
        sampling = "log" if searched.log else "linear"
        kind = hp.Int if isinstance(low, int) and isinstance(high, int) else hp.Float
        kind(path, low, high, sampling=sampling)


def decode(space: Mapping[str, SearchRange], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the searched fields as a config takes them, by dotted path.

    Args:
        space: The ranges.
        values: KerasTuner's values of one trial; what is not of the space is left out.
    """
    return {
        path: _decode_one(searched, values[path])
        for path, searched in space.items()
        if path in values
    }


def _decode_one(searched: SearchRange, value: Any) -> Any:
    if searched.values is None:
        return value
    return dict(zip(_choices(searched), searched.values, strict=True))[value]


def _choices(searched: SearchRange) -> list[Any]:
    """What stands for each of `values` in KerasTuner.

    Its `Choice` takes numbers of one type or texts only (it makes integers of booleans), so other
    lists are named by their JSON.
    """
    kinds = {type(value) for value in searched.values or ()}
    if kinds in ({int}, {float}, {str}):
        return list(searched.values or ())
    return [json.dumps(value) for value in searched.values or ()]
