"""The vectors of some tokens of each text."""

from __future__ import annotations

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TokensAt(keras.layers.Layer):
    """Picks vectors by place.

    Input: vectors `(batch, length, dim)` and places `(batch, picked)` int, -1 for none. Output:
    `(batch, picked, dim)`, zeros for none.
    """

    supports_masking = True  # Keras's own ends here: places name the tokens that count.

    def compute_mask(self, inputs: list[Tensor], mask: Tensor | None = None) -> Tensor | None:
        """None."""

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Pick."""
        vectors, places = inputs
        ops = keras.ops
        last = ops.shape(vectors)[1] - 1
        found = ops.clip(places, 0, last)[:, :, None]
        picked = ops.take_along_axis(vectors, found, axis=1)
        return ops.where((places >= 0)[:, :, None], picked, ops.zeros_like(picked))

    def compute_output_spec(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """Of as many vectors as places."""
        vectors, places = inputs
        return keras.KerasTensor((*places.shape, vectors.shape[-1]), vectors.dtype)
