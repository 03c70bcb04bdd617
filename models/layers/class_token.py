"""A learned vector in front of a sequence, which gathers what the whole of it says."""

from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class ClassToken(keras.layers.Layer):
    """Put one learned vector before the tokens.

    Source: Devlin et al. (2018), "BERT", https://arxiv.org/abs/1810.04805, section 3; it starts
    at zero, as in Dosovitskiy et al. (2020).

    Input shape:
        `(batch, length, dim)`.

    Output shape:
        `(batch, length + 1, dim)`.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the vector."""
        self.token = self.add_weight(
            name="token", shape=(1, 1, input_shape[-1]), initializer="zeros"
        )

    def call(self, x: Tensor) -> Tensor:
        """Prepend."""
        shape = (keras.ops.shape(x)[0], 1, x.shape[-1])
        token = keras.ops.broadcast_to(keras.ops.cast(self.token, x.dtype), shape)
        return keras.ops.concatenate([token, x], axis=1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """One token more."""
        batch, length, dim = input_shape
        return (batch, length + 1, dim)
