"""How a model is fitted that no gradient trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import keras
import numpy as np

from models.tensor import Tensor

Batch = Callable[[dict[str, Tensor], Tensor], dict[str, Tensor]]
"""Inputs of the model and targets `(batch, k)` float32 to statistics by name, in a graph."""


@dataclasses.dataclass(frozen=True)
class Estimator:
    """Sufficient statistics, which are sums over the training examples, and weights from them.

    One pass over the train split fits the model, in batches of any size and order.
    """

    statistics: Callable[[keras.Model], Batch]
    """`statistics(model)` returns the function that counts a batch."""
    settle: Callable[[keras.Model, Mapping[str, np.ndarray]], None]
    """Gives the model its weights, from the float64 sums of what was counted."""
