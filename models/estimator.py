"""How a model is fitted that no gradient trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

import keras
import numpy as np

from models.tensor import Tensor

Batch = Callable[[dict[str, Tensor], Tensor], dict[str, Tensor]]
"""Inputs of the model and targets `(batch, k)` float32 to statistics by name, in a graph; where a
task has no target column, targets are what its batches have."""
Arrays = Mapping[str, np.ndarray]
"""By name."""


class Accumulator(Protocol):
    """What was counted of the batches so far, in memory that need not grow with their number."""

    def add(self, statistics: Arrays) -> None:
        """Count one more batch."""

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it, for another one to go on with, or for the model's weights."""


class Sums:
    """Sums of statistics, in float64.

    Args:
        begun: What `arrays` of an earlier one gave.
    """

    def __init__(self, begun: Arrays) -> None:
        self._totals = dict(begun)

    def add(self, statistics: Arrays) -> None:
        """Add those of one more batch."""
        for name, value in statistics.items():
            self._totals[name] = self._totals.get(name, 0.0) + value.astype(np.float64)

    def arrays(self) -> dict[str, np.ndarray]:
        """The sums."""
        return dict(self._totals)


@dataclasses.dataclass(frozen=True)
class Estimator:
    """Sufficient statistics of the training examples, and weights from them.

    One pass over the train split fits the model, in batches of any size, in the order of the files.
    """

    statistics: Callable[[keras.Model], Batch]
    """`statistics(model)` returns the function that counts a batch."""
    settle: Callable[[keras.Model, Arrays], keras.Model]
    """The model with its weights, from the arrays of what was counted: the same one, or one of the
    same layers where only the counts tell how large they are."""
    begin: Callable[[Arrays], Accumulator] = Sums
    """What counts the batches, from what an earlier try left; of nothing, from the first."""
