"""From states that saw what came before to how well each token is told."""

from __future__ import annotations

from typing import Any

import keras

from models.backbone import Backbone
from models.tasks.both_ways import head as both
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class ToldNext(keras.layers.Layer):
    """Log-probabilities of the tokens that follow.

    Input: logits `(batch, length, pieces)`, ids `(batch, length)`, and 1 where a token stands, of
    the same shape. Output: float32 `(batch, length, 1, 2)`; for each token but the first, the
    logarithm of its probability after those before it, and 1 if it is the likeliest piece, else 0.
    Of the first and of padding: 0 and `both_ways.head.NOT_ASKED`.
    """

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Hold a batch against its own tokens."""
        logits, token_ids, padding_mask = inputs
        is_asked = keras.ops.cast(padding_mask, "bool")[:, 1:]
        found = both.told_of(logits[:, :-1], token_ids[:, 1:], is_asked)
        return both.padded(found, [[0, 0], [1, 0]])[:, :, None]

    def compute_output_spec(self, inputs: list[Tensor]) -> Any:
        """Two numbers a token."""
        return keras.KerasTensor((*inputs[1].shape, 1, 2), "float32")


def told(backbone: Backbone) -> Any:
    """How well each token is told, see `ToldNext`.

    Args:
        backbone: From `of_continuation`.
    """
    given = backbone.continuation
    if given is None:
        raise ValueError(f"Expected a network that tells what follows. Received: {backbone.name}")
    inputs = [given.logits(given.vectors), given.token_ids, given.padding_mask]
    return ToldNext(dtype="float32", name="outputs")(inputs)
