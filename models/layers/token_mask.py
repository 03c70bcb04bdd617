"""Which positions of a token sequence hold a token."""

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TokenMask(keras.layers.Layer):
    """One where a token stands, zero where the sequence is padded.

    Multiplying vectors by it removes what padding would contribute.

    Input shape:
        `(batch, length)` integer ids, 0 is padding.

    Output shape:
        `(batch, length, 1)`, the layer's float dtype.
    """

    def call(self, token_ids: Tensor) -> Tensor:
        """Return the mask of a batch."""
        mask = keras.ops.not_equal(token_ids, 0)
        return keras.ops.expand_dims(keras.ops.cast(mask, self.compute_dtype), -1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """`(batch, length)` to `(batch, length, 1)`."""
        return (*input_shape, 1)
