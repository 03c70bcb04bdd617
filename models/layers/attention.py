"""Attention whose keys and values can be kept: what has been read or written is projected once.

Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.2. Keras's own layer
projects everything that is attended to anew with each call, and its fused form gives no weights.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from models import recipe as recipes
from models.recipe import Recipe
from models.tensor import Tensor

_NEVER = -1e9
"""Added to a score it leaves nothing of its exponential, in float32."""
Kept = tuple[Tensor, Tensor]
"""Keys and values `(..., heads, length, dim / heads)`."""


def hidden_where(mask: Tensor) -> Tensor:
    """What to add to scores so that places with 0 are not attended to, float32."""
    return ops.cast(ops.logical_not(ops.cast(mask, "bool")), "float32") * _NEVER


def softmax_over(scores: Tensor, bias: Tensor | None) -> Tensor:
    """Weights that sum to 1 over the last axis, in the scores' dtype."""
    scores = ops.cast(scores, "float32")
    return ops.softmax(scores if bias is None else scores + bias, axis=-1)


class Attention(keras.layers.Layer):
    """Scaled dot-product attention of several heads, each with a bias in its projections.

    `softmax(Q K^T / sqrt(dim / heads)) V`, equation 1, for each head.

    Input shape:
        Queries `(..., length, dim)`, and what `keep` made of what they attend to.

    Output shape:
        `(..., length, dim)`.
    """

    def __init__(self, dim: int, num_heads: int, recipe: Recipe, **options: Any) -> None:
        """Create the projections.

        Args:
            dim: Width of everything, a multiple of `num_heads`.
            num_heads: Attention heads.
            recipe: Complete recipe; its dropout falls on the weights.
            **options: Keras's.
        """
        super().__init__(**options)
        self.num_heads, self.dim = num_heads, dim
        self.scale = (dim // num_heads) ** -0.5
        self.query, self.key, self.value, self.output_ = (
            keras.layers.Dense(
                dim,
                kernel_initializer=recipes.initializer(recipe),
                kernel_regularizer=recipes.regularizer(recipe),
                dtype=self.dtype_policy,
                name=name,
            )
            for name in ("query", "key", "value", "output")
        )
        self.dropout = keras.layers.Dropout(recipe.dropout, dtype=self.dtype_policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        for layer in (self.query, self.key, self.value, self.output_):
            layer.build((None, None, self.dim))

    def keep(self, x: Tensor) -> Kept:
        """Keys and values of what can be attended to.

        Args:
            x: `(..., length, dim)`.
        """
        return self._heads(self.key(x)), self._heads(self.value(x))

    def call(
        self, x: Tensor, kept: Kept, bias: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend.

        Args:
            x: Queries `(..., length, dim)`.
            kept: What `keep` gave.
            bias: What `hidden_where` gave, in a shape that fits `(..., heads, length, kept)`.
            training: Whether weights are dropped.

        Returns:
            `(..., length, dim)`, and the weights `(..., heads, length, kept)` float32.
        """
        keys, values = kept
        scores = ops.matmul(self._heads(self.query(x)) * self.scale, ops.swapaxes(keys, -1, -2))
        weights = softmax_over(scores, bias)
        used = self.dropout(ops.cast(weights, values.dtype), training=training)
        attended = ops.swapaxes(ops.matmul(used, values), -2, -3)
        joined = ops.reshape(attended, (*ops.shape(attended)[:-2], self.dim))
        return self.output_(joined), weights

    def _heads(self, x: Tensor) -> Tensor:
        """`(..., length, dim)` to `(..., heads, length, dim / heads)`."""
        shape = (*ops.shape(x)[:-1], self.num_heads, self.dim // self.num_heads)
        return ops.swapaxes(ops.reshape(x, shape), -2, -3)
