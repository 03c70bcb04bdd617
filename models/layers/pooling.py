"""From token vectors to one text vector, padding left out."""

from collections.abc import Sequence

import keras

from models.layers.token_mask import TokenMask
from models.tensor import Tensor


def is_token(token_ids: Tensor) -> Tensor:
    """`(batch, length)` ids to `(batch, length, 1)` floats, 1 where a token stands."""
    return TokenMask(name="token_mask")(token_ids)


def mean(x: Tensor, mask: Tensor) -> Tensor:
    """`(batch, length, dim)` to `(batch, dim)`; zero for a text without tokens."""
    return MaskedMean(name="pool")([x, mask])


def maximum(x: Tensor, mask: Tensor) -> Tensor:
    """`(batch, length, dim)` to `(batch, dim)`; zero for a text without tokens."""
    return MaskedMax(name="pool")([x, mask])


@keras.saving.register_keras_serializable(package="maru")
class MaskedMean(keras.layers.Layer):
    """Mean over the tokens.

    Input shape:
        Vectors `(batch, length, dim)` and mask `(batch, length, 1)`.

    Output shape:
        `(batch, dim)`.
    """

    supports_masking = True  # The mask is an input here; Keras's own ends at this layer.

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pool."""
        x, is_token = inputs
        count = keras.ops.maximum(keras.ops.sum(is_token, axis=1), 1.0)
        return keras.ops.sum(x * is_token, axis=1) / count

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """None: there are no tokens any more."""

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Without the length."""
        return (input_shape[0][0], input_shape[0][2])


@keras.saving.register_keras_serializable(package="maru")
class MaskedMax(keras.layers.Layer):
    """Largest value of each dimension over the tokens.

    Input shape:
        Vectors `(batch, length, dim)` and mask `(batch, length, 1)`.

    Output shape:
        `(batch, dim)`.
    """

    supports_masking = True  # The mask is an input here; Keras's own ends at this layer.

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pool."""
        x, is_token = inputs
        lowest = -1e4  # Fits half precision, and no activation comes near it.
        strongest = keras.ops.max(x * is_token + lowest * (1.0 - is_token), axis=1)
        return strongest * keras.ops.max(is_token, axis=1)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """None: there are no tokens any more."""

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """Without the length."""
        return (input_shape[0][0], input_shape[0][2])


POOLINGS = {"mean": mean, "max": maximum}
