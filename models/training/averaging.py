"""The moving average of a model, which is validated and kept in its place.

Keras's own (`use_ema` of its optimizers) leaves out the statistics of batch normalisation, and
averaged kernels do not go with what was measured under other ones. It is no average either if no
step of an epoch updates anything, as when half precision overflows.

Source: Polyak and Juditsky (1992), "Acceleration of Stochastic Approximation by Averaging", SIAM
Journal on Control and Optimization 30(4), with exponential weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf


class AveragedWeights(keras.callbacks.Callback):
    """Average all that training changes in a model, and validate the average.

    The averages begin as the model is before its first step. They are variables of its optimizer,
    to be saved with it.

    Args:
        model: Compiled, with a built optimizer.
        decay: Share of the average that a step leaves, in (0, 1).
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        super().__init__()
        self._share = 1.0 - decay
        changing = [*model.trainable_weights, *_statistics(model)]
        add = model.optimizer.add_variable_from_reference
        self._pairs = [(weight, add(weight, name="average")) for weight in changing]
        self._steps = model.optimizer.add_variable((), dtype="int64", name="average_steps")
        self._step = tf.function(self._move)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin with the weights, unless these averages continue."""
        if keras.ops.convert_to_numpy(self._steps) == 0:
            for weight, average in self._pairs:
                average.assign(weight)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Move the averages towards the weights."""
        self._step()

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Put the averages into the model."""
        self._swap()

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Put the weights back."""
        self._swap()

    def keep(self) -> None:
        """Give the model the averages for good."""
        for weight, average in self._pairs:
            weight.assign(average)

    def _move(self) -> None:
        self._steps.assign_add(1)
        for weight, average in self._pairs:
            average.assign_add(self._share * (weight - average))

    def _swap(self) -> None:
        for weight, average in self._pairs:
            value = keras.ops.convert_to_numpy(weight)
            weight.assign(average)
            average.assign(value)


def _statistics(model: keras.Model) -> Iterator[keras.Variable]:
    """What layers that are trained measure of their inputs, as batch normalisation does."""
    for layer in model._flatten_layers():
        if layer.trainable:
            for variable in layer._non_trainable_variables:
                if keras.backend.is_float_dtype(variable.dtype):
                    yield variable
