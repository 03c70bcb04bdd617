"""Two recurrent networks side by side, of which one reads from the end."""

from __future__ import annotations

from typing import Any

import keras

from models.layers import cudnn
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TwoDirections(keras.layers.Layer):
    """LSTMs of both directions that never see each other's states.

    The first half of a vector is read from the first token on, the other half from the last token
    back; what is given for a token depends, in its first half, on the tokens up to it alone, in its
    second half on those from it on. `keras.layers.Bidirectional` reads whole vectors both ways, so
    two of them on top of each other would show each token to both.

    Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3.1.

    Args:
        units: Width of a state, per direction.

    Input: vectors `(batch, length, 2 k)` and mask `(batch, length)`, true where a token stands;
    padding follows the tokens. Output: `(batch, length, 2 units)`.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        same = {"return_sequences": True, "dtype": self.dtype_policy}
        self.forward = keras.layers.LSTM(units, name="forward", **same)
        self.backward = keras.layers.LSTM(units, go_backwards=True, name="backward", **same)
        cudnn.allow(self, False)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make the weights of both."""
        half = (*input_shape[:-1], input_shape[-1] // 2)
        self.forward.build(half)
        self.backward.build(half)

    def call(self, x: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """Read a batch both ways."""
        ops = keras.ops
        after, before = ops.split(x, 2, axis=-1)
        forward = self.forward(after, mask=mask, training=training)
        backward = self.backward(before, mask=mask, training=training)
        return ops.concatenate([forward, ops.flip(backward, axis=1)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """A state of each direction."""
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "units": self.units}
