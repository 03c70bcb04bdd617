"""What of a text that was read matters for the token that is written: attention of one head.

Sources: Luong et al. (2015), https://arxiv.org/abs/1508.04025, section 3.1 (`dot`, `general`);
Bahdanau et al. (2014), https://arxiv.org/abs/1409.0473, section 3.1 (`additive`). Difference: all
three stand after the cells, as Luong's do, so that a text is trained on at once.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from models import recipe as recipes
from models.layers.attention import hidden_where, softmax_over
from models.recipe import Recipe
from models.tensor import Tensor

Score = Literal["dot", "general", "additive"]


class SoftAlignment(keras.layers.Layer):
    """Mean of what was read, weighted by how well it goes with each state.

    Scores of a state `s` and a vector read `m`: `s . m` (dot), `s . W m` (general) or `v . tanh(W s
    + U m)` (additive).

    Input shape:
        States `(..., written, dim)`, vectors read `(..., read, dim)`, and their mask `(..., read)`.

    Output shape:
        `(..., written, dim)`, and the weights `(..., written, read)` float32, each row of sum 1.
    """

    def __init__(self, dim: int, score: Score, recipe: Recipe, **options: Any) -> None:
        """Create the weights of the score, if it has any.

        Args:
            dim: Width of everything.
            score: Which one.
            recipe: Complete recipe.
            **options: Keras's.
        """
        super().__init__(**options)
        self.dim, self.score = dim, score

        def dense(units: int, name: str) -> keras.layers.Layer:
            return keras.layers.Dense(
                units,
                use_bias=False,
                kernel_initializer=recipes.initializer(recipe),
                kernel_regularizer=recipes.regularizer(recipe),
                dtype=self.dtype_policy,
                name=name,
            )

        parts = {"dot": (), "general": ("memory",), "additive": ("memory", "state")}[score]
        self.parts = {name: dense(dim, name) for name in parts}
        self.combined = dense(1, "combined") if score == "additive" else None

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        for layer in (*self.parts.values(), *([self.combined] if self.combined else [])):
            layer.build((None, None, self.dim))

    def keep(self, memory: Tensor) -> Tensor:
        """What of the scores depends on what was read alone, `(..., read, dim)`."""
        return self.parts["memory"](memory) if "memory" in self.parts else memory

    def call(self, states: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Attend."""
        return self.attend(states, memory, self.keep(memory), hidden_where(mask[..., None, :]))

    def attend(
        self, states: Tensor, memory: Tensor, kept: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same with what was computed before.

        Args:
            states: `(..., written, dim)`.
            memory: `(..., read, dim)`.
            kept: What `keep` gave.
            bias: `(..., 1, read)`, see `attention.hidden_where`.
        """
        if self.combined is None:
            scores = ops.matmul(states, ops.swapaxes(kept, -1, -2))
        else:
            own = ops.expand_dims(self.parts["state"](states), -2)
            both = ops.tanh(own + ops.expand_dims(kept, -3))
            scores = ops.squeeze(self.combined(both), -1)
        weights = softmax_over(scores, bias)
        return ops.matmul(ops.cast(weights, memory.dtype), memory), weights
