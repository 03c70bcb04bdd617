"""Several inputs of an example that one network embeds, each by itself."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class JoinSides(keras.layers.Layer):
    """The sides of a batch's examples, one below the other.

    Input shape:
        `(batch, sides, ...)`.

    Output shape:
        `(batch * sides, ...)`: all sides of the first example, then of the next.
    """

    def call(self, x: Tensor) -> Tensor:
        """Join."""
        return ops.reshape(x, (-1, *x.shape[2:]))

    def compute_output_spec(self, x: Tensor) -> Tensor:
        """Of an unknown number of rows."""
        return keras.KerasTensor((None, *x.shape[2:]), x.dtype)


@keras.saving.register_keras_serializable(package="maru")
class PartSides(keras.layers.Layer):
    """The vectors of joined sides, those of an example together.

    Args:
        sides: Of an example.

    Input shape:
        `(batch * sides, dim)`.

    Output shape:
        `(batch, sides, dim)`.
    """

    def __init__(self, sides: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sides = sides

    def call(self, x: Tensor) -> Tensor:
        """Part."""
        return ops.reshape(x, (-1, self.sides, x.shape[-1]))

    def compute_output_spec(self, x: Tensor) -> Tensor:
        """Of an unknown number of rows."""
        return keras.KerasTensor((None, self.sides, x.shape[-1]), x.dtype)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "sides": self.sides}


@keras.saving.register_keras_serializable(package="maru")
class PairVector(keras.layers.Layer):
    """Two vectors as one that a label can be told from.

    `[u, v, |u - v|, u * v]`, Conneau et al. (2017), "InferSent", https://arxiv.org/abs/1705.02364,
    section 3.1; Reimers and Gurevych (2019), "Sentence-BERT", https://arxiv.org/abs/1908.10084,
    section 3, is without the product.

    Input shape:
        `(batch, 2, dim)`.

    Output shape:
        `(batch, 4 * dim)`.
    """

    def call(self, x: Tensor) -> Tensor:
        """Compare."""
        first, second = x[:, 0], x[:, 1]
        return ops.concatenate([first, second, ops.abs(first - second), first * second], axis=-1)


@keras.saving.register_keras_serializable(package="maru")
class Cosine(keras.layers.Layer):
    """Cosine of the angle between two vectors.

    Input shape:
        `(batch, 2, dim)`.

    Output shape:
        `(batch, 1)`, in [-1, 1].
    """

    def call(self, x: Tensor) -> Tensor:
        """Compare."""
        units = ops.normalize(x, axis=-1)
        return ops.sum(units[:, 0] * units[:, 1], axis=-1, keepdims=True)
