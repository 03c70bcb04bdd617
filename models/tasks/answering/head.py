"""Logits of where an answer begins and ends."""

from __future__ import annotations

import keras

from models.tasks.answering.losses import NEVER
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class AmongUnits(keras.layers.Layer):
    """Leaves no chance to places without a unit.

    Input: logits `(batch, units, 2)` and places `(batch, units)` int, -1 for none. Output: the
    logits, very small where there is none.
    """

    supports_masking = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Mask."""
        logits, places = inputs
        return keras.ops.where((places >= 0)[:, :, None], logits, NEVER)

    def compute_output_spec(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """As the logits."""
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)
