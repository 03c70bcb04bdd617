"""Blocks of a Transformer that reads one text and writes another.

Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.1 (post-norm); Xiong et
al. (2020), https://arxiv.org/abs/2002.04745, figure 1 (pre-norm). They are layers, not functions
as in `models/layers/transformer.py`, because a text is written with the weights of one call in
another one: token by token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from models import recipe as recipes
from models.layers.attention import Attention, Kept, hidden_where
from models.recipe import Recipe
from models.tensor import Tensor


class Size(NamedTuple):
    """What all blocks of a network share."""

    dim: int
    """Width of a token vector."""
    num_heads: int
    """Attention heads; divides `dim`."""
    mlp_dim: int
    """Units of the hidden layer of a block's perceptron."""
    is_norm_first: bool
    """Whether what goes into a part is normalised, or each sum."""
    epsilon: float = 1e-6
    """Added to variances that are divided by."""


class Block(keras.layers.Layer):
    """Parts with residual connections, and a perceptron as the last of them."""

    parts: tuple[str, ...]

    def __init__(self, size: Size, recipe: Recipe, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

        def dense(units: int, name: str) -> keras.layers.Layer:
            return keras.layers.Dense(
                units,
                kernel_initializer=recipes.initializer(recipe),
                kernel_regularizer=recipes.regularizer(recipe),
                dtype=self.dtype_policy,
                name=name,
            )

        self.hidden = dense(size.mlp_dim, "mlp_1")
        self.bend = recipes.activation(recipe, "mlp_activation")
        self.shown = dense(size.dim, "mlp_2")
        self.attentions = {
            part: Attention(
                size.dim, size.num_heads, recipe, dtype=self.dtype_policy, name=f"{part}_attention"
            )
            for part in self.parts
        }
        self.norms = {
            part: keras.layers.LayerNormalization(
                epsilon=size.epsilon, dtype=self.dtype_policy, name=f"{part}_ln"
            )
            for part in (*self.parts, "mlp")
        }
        self.dropout = keras.layers.Dropout(recipe.dropout, dtype=self.dtype_policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        width = (None, None, self.size.dim)
        self.hidden.build(width)
        self.shown.build((None, None, self.size.mlp_dim))
        for layer in (*self.attentions.values(), *self.norms.values()):
            layer.build(width)

    def _add(
        self, part: str, x: Tensor, function: Callable[[Tensor], Tensor], training: bool | None
    ) -> Tensor:
        """What a part makes of `x`, added to it."""
        norm = self.norms[part]
        if self.size.is_norm_first:
            return x + self.dropout(function(norm(x)), training=training)
        return norm(x + self.dropout(function(x), training=training))

    def _transform(self, x: Tensor, training: bool | None) -> Tensor:
        def perceptron(y: Tensor) -> Tensor:
            y = self.dropout(self.bend(self.hidden(y)), training=training)
            return self.shown(y)

        return self._add("mlp", x, perceptron, training)


class ReadingBlock(Block):
    """Self-attention over the text that is read, and a perceptron.

    Input shape:
        `(batch, length, dim)`, and its mask `(batch, length)`, 0 at padding.

    Output shape:
        `(batch, length, dim)`.
    """

    parts = ("self",)

    def call(self, x: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """Read."""
        attention, bias = self.attentions["self"], hidden_where(mask[:, None, None, :])

        def attend(y: Tensor) -> Tensor:
            return attention(y, attention.keep(y), bias, training=training)[0]

        return self._transform(self._add("self", x, attend, training), training)


class WritingBlock(Block):
    """Attention to what is written before, then to what was read, and a perceptron.

    Input shape:
        `(batch, written, dim)`; `(batch, read, dim)` and its mask `(batch, read)`, 0 at padding.

    Output shape:
        `(batch, written, dim)`; a place depends on itself and those before it.
    """

    parts = ("self", "cross")

    def call(self, x: Tensor, memory: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """Write whole texts at once, to train on."""
        own, cross = self.attentions["self"], self.attentions["cross"]
        places = ops.arange(ops.shape(x)[1])
        later = hidden_where(places[None, :] <= places[:, None])
        padding = hidden_where(mask[:, None, None, :])

        def attend(y: Tensor) -> Tensor:
            return own(y, own.keep(y), later, training=training)[0]

        def consult(y: Tensor) -> Tensor:
            return cross(y, cross.keep(memory), padding, training=training)[0]

        x = self._add("self", x, attend, training)
        return self._transform(self._add("cross", x, consult, training), training)

    def keep(self, memory: Tensor) -> Kept:
        """What stays the same while a text is written: `(n, heads, read, dim / heads)` both."""
        return self.attentions["cross"].keep(memory)

    def step(self, x: Tensor, past: Kept, read: Kept, bias: Tensor) -> tuple[Tensor, Kept, Tensor]:
        """Write the next token of `k` texts of each of `n` that were read.

        Args:
            x: `(n, k, dim)`.
            past: Of the tokens before, `(n, k, heads, written, dim / heads)` both.
            read: What `keep` gave.
            bias: `(n, 1, 1, read)`, see `attention.hidden_where`.

        Returns:
            `(n, k, dim)`, `past` with this token, and the weights of what was read, `(n, k, read)`,
            mean over the heads.
        """
        own, cross = self.attentions["self"], self.attentions["cross"]
        grown, found = past, None

        def attend(y: Tensor) -> Tensor:
            nonlocal grown
            y = ops.expand_dims(y, 2)
            new = own.keep(y)
            grown = tuple(ops.concatenate(pair, axis=-2) for pair in zip(past, new, strict=True))
            return ops.squeeze(own(y, grown)[0], 2)

        def consult(y: Tensor) -> Tensor:
            nonlocal found
            y, found = cross(y, read, bias)
            return y

        x = self._add("self", x, attend, training=False)
        x = self._add("cross", x, consult, training=False)
        return self._transform(x, training=False), grown, ops.mean(found, axis=1)
