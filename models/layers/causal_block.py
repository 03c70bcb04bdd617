"""A block of a Transformer that reads from the first token to the last.

Source: Radford et al. (2018), "Improving Language Understanding by Generative Pre-Training",
section 3.1 (what is written before is attended to); Radford et al. (2019), "Language Models are
Unsupervised Multitask Learners", section 2.3 (what goes into a part is normalised).
"""

from __future__ import annotations

import functools
from typing import Any

import keras
from keras import ops

from models.layers.attention import Kept, hidden_where
from models.layers.writing_blocks import Block, Size
from models.recipe import Recipe
from models.tensor import Tensor


class CausalBlock(Block):
    """Attention to what stands before, and a perceptron.

    Input shape:
        `(batch, length, dim)`.

    Output shape:
        `(batch, length, dim)`; a place depends on itself and those before it.
    """

    parts = ("self",)

    def __init__(self, size: Size, recipe: Recipe, **options: Any) -> None:
        """Create the parts; GPT-2 bends by the approximation of GELU by tanh.

        Args:
            size: Of the network.
            recipe: Complete recipe, whose activation is not looked at.
            **options: Keras's.
        """
        super().__init__(size, recipe, **options)
        self.bend = functools.partial(keras.activations.gelu, approximate=True)

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        """Read whole texts at once."""
        return self.read(x, training)[0]

    def read(self, x: Tensor, training: bool | None = None) -> tuple[Tensor, Kept]:
        """The same, and the keys and values of all places, `(batch, heads, length, dim / heads)`.

        Args:
            x: `(batch, length, dim)`.
            training: Whether parts are dropped.
        """
        own, kept = self.attentions["self"], []
        places = ops.arange(ops.shape(x)[1])
        later = hidden_where(places[None, :] <= places[:, None])

        def attend(y: Tensor) -> Tensor:
            kept.append(own.keep(y))
            return own(y, kept[-1], later, training=training)[0]

        x = self._add("self", x, attend, training)
        return self._transform(x, training), kept[-1]

    def step(self, x: Tensor, past: Kept, bias: Tensor) -> tuple[Tensor, Kept]:
        """Read the next token of `k` texts of each of `n`.

        Args:
            x: `(n, k, dim)`.
            past: Of the tokens before, `(n, k, heads, length, dim / heads)` both.
            bias: `(n, k, 1, 1, length + 1)`, see `attention.hidden_where`.

        Returns:
            `(n, k, dim)`, and `past` with this token.
        """
        own, grown = self.attentions["self"], past

        def attend(y: Tensor) -> Tensor:
            nonlocal grown
            y = ops.expand_dims(y, 2)
            new = own.keep(y)
            grown = tuple(ops.concatenate(pair, axis=-2) for pair in zip(past, new, strict=True))
            return ops.squeeze(own(y, grown, bias)[0], 2)

        x = self._add("self", x, attend, training=False)
        return self._transform(x, training=False), grown
