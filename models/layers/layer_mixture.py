"""What the layers of a network say of a token, mixed."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class LayerMixture(keras.layers.Layer):
    """Weighted mean of layers, whose weights are learned, times a factor that is learned, too.

    Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, equation 1. All layers count
    alike at first.

    Input: a list of `(batch, length, dim)`. Output: `(batch, length, dim)`.
    """

    def build(self, input_shape: Sequence[tuple[int | None, ...]]) -> None:
        """Make a weight for each layer, and the factor."""
        self.shares = self.add_weight(shape=(len(input_shape),), initializer="zeros", name="shares")
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Mix."""
        shares = self.factor * keras.ops.softmax(self.shares)
        return sum(shares[place] * x for place, x in enumerate(inputs))

    def compute_output_shape(
        self, input_shape: Sequence[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """As any one of the layers."""
        return tuple(input_shape[0])
