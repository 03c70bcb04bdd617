"""From the states of both directions to how well neighbours are told.

Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3.1: embeddings and softmax
are shared by both directions. The softmax is the embeddings transposed (Press and Wolf, 2017,
https://arxiv.org/abs/1608.05859), without a bias.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from models.backbone import Backbone
from models.tensor import Tensor

NOT_ASKED = -1.0
"""In place of a hit, where there is no neighbour to tell."""


@keras.saving.register_keras_serializable(package="maru")
class ToldNeighbours(keras.layers.Layer):
    """Log-probabilities of the tokens that follow, and of those that come before.

    Input: logits of the forward and of the backward direction, `(batch, length, pieces)`, ids
    `(batch, length)`, and 1 where a token stands, of the same shape. Output: float32 `(batch,
    length, 2, 2)`; for each token, of the forward direction at the token before it and of the
    backward direction at the one after it, the logarithm of its probability, and 1 if it is the
    likeliest piece, else 0. Where there is no such neighbour: 0 and `NOT_ASKED`.
    """

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Hold a batch against its own tokens."""
        forward, backward, token_ids, padding_mask = inputs
        ops = keras.ops
        is_token = ops.cast(padding_mask, "bool")
        both = ops.logical_and(is_token[:, 1:], is_token[:, :-1])
        after = told_of(forward[:, :-1], token_ids[:, 1:], both)
        before = told_of(backward[:, 1:], token_ids[:, :-1], both)
        return ops.stack(
            [padded(after, [[0, 0], [1, 0]]), padded(before, [[0, 0], [0, 1]])], axis=2
        )

    def compute_output_spec(self, inputs: list[Tensor]) -> Any:
        """Four numbers a token."""
        return keras.KerasTensor((*inputs[2].shape, 2, 2), "float32")


def told(backbone: Backbone) -> Any:
    """How well the neighbours of each token are told, see `ToldNeighbours`.

    Args:
        backbone: From `of_directions`.
    """
    given = backbone.directions
    if given is None:
        raise ValueError(f"Expected a network of two directions. Received: {backbone.name}")
    forward, backward = keras.ops.split(given.vectors, 2, axis=-1)
    logits = [given.embedding(states, reverse=True) for states in (forward, backward)]
    return ToldNeighbours(dtype="float32", name="outputs")(
        [*logits, given.token_ids, given.padding_mask]
    )


class Told(NamedTuple):
    """How well tokens are told, each `(batch, length)`."""

    log_probability: Tensor
    """In nats; 0 where nothing is asked."""
    is_hit: Tensor
    """1 if it is the likeliest piece, else 0; `NOT_ASKED` where nothing is."""
    likeliest: Tensor
    """Id of the likeliest piece, int32."""


def told_of(logits: Tensor, token_ids: Tensor, is_asked: Tensor) -> Told:
    """Hold logits `(batch, length, pieces)` against tokens.

    Args:
        logits: Of each token.
        token_ids: `(batch, length)`.
        is_asked: Which of them count, bool.
    """
    ops = keras.ops
    logits = ops.cast(logits, "float32")
    # One fused operation: logits are the largest tensor by far.
    log_probability = -ops.sparse_categorical_crossentropy(token_ids, logits, from_logits=True)
    # Keras's own looks for the signs of zeros in passes over all of them.
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    is_hit = ops.cast(best == ops.cast(token_ids, "int32"), "float32")
    return Told(
        ops.where(is_asked, log_probability, 0.0), ops.where(is_asked, is_hit, NOT_ASKED), best
    )


def padded(found: Told, room: list[list[int]]) -> Tensor:
    """As long as the tokens, log-probabilities and hits, `(batch, length, 2)`."""
    return keras.ops.stack(
        [
            keras.ops.pad(found.log_probability, room),
            keras.ops.pad(found.is_hit, room, constant_values=NOT_ASKED),
        ],
        axis=-1,
    )
