"""From states that saw what came before to how well each token is told."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from models.backbone import Backbone, NextTold
from models.tasks.both_ways import head as both
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class ToldNext(keras.layers.Layer):
    """Log-probabilities of the tokens that follow.

    Input: logits `(batch, length, pieces)`, ids `(batch, length)`, and 1 where a token stands, of
    the same shape. Output: float32 `(batch, length, 1, 4)`; for each token but the first, the
    logarithm of its probability after those before it, 1 if it is the likeliest piece, else 0, the
    id of the likeliest piece and the logarithm of its probability. Of the first and of padding: 0,
    `both_ways.head.NOT_ASKED`, 0 and 0.
    """

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Hold a batch against its own tokens."""
        logits, token_ids, padding_mask = inputs
        is_asked = keras.ops.cast(padding_mask, "bool")[:, 1:]
        logits, targets = keras.ops.cast(logits[:, :-1], "float32"), token_ids[:, 1:]
        found = both.told_of(logits, targets, is_asked)
        # Logits differ as the logarithms do. Nothing is learned from these: their gradient would be
        # zeros for all logits.
        fixed, told = tf.stop_gradient(logits), tf.stop_gradient(found.log_probability)
        ahead = tf.gather(fixed, found.likeliest, batch_dims=2)
        ahead -= tf.gather(fixed, targets, batch_dims=2)
        return _stacked(found, told + ahead, is_asked)

    def compute_output_spec(self, inputs: list[Tensor]) -> Any:
        """Four numbers a token."""
        return keras.KerasTensor((*inputs[1].shape, 1, 4), "float32")


@keras.saving.register_keras_serializable(package="maru")
class ToldAlready(keras.layers.Layer):
    """The same output where a network itself tells the tokens, see `NextTold`.

    Input: what it tells `(batch, length, 3)`, ids `(batch, length)`, and 1 where a token stands.
    """

    def __init__(self, least: int, **options: Any) -> None:
        """Create the layer.

        Args:
            least: Id of the first piece that is told.
            **options: Keras's.
        """
        super().__init__(**options)
        self.least = least

    def get_config(self) -> dict[str, Any]:
        """With the first piece."""
        return {**super().get_config(), "least": self.least}

    def call(self, inputs: list[Tensor]) -> Tensor:
        """Hold a batch against its own tokens."""
        given, token_ids, padding_mask = inputs
        is_asked = keras.ops.cast(padding_mask, "bool")[:, 1:]
        told, likeliest, its_told = tf.unstack(given[:, 1:], axis=-1)
        likeliest = tf.cast(likeliest, tf.int32) + self.least
        is_hit = tf.cast(likeliest == tf.cast(token_ids[:, 1:], tf.int32), tf.float32)
        found = both.Told(
            tf.where(is_asked, told, 0.0), tf.where(is_asked, is_hit, both.NOT_ASKED), likeliest
        )
        return _stacked(found, its_told, is_asked)

    def compute_output_spec(self, inputs: list[Tensor]) -> Any:
        """Four numbers a token."""
        return keras.KerasTensor((*inputs[1].shape, 1, 4), "float32")


def told(backbone: Backbone) -> Any:
    """How well each token is told, see `ToldNext`.

    Args:
        backbone: From `of_continuation`.
    """
    given = backbone.continuation
    if given is None:
        raise ValueError(f"Expected a network that tells what follows. Received: {backbone.name}")
    asked = [given.token_ids, given.padding_mask]
    if isinstance(given, NextTold):
        return ToldAlready(given.least, dtype="float32", name="outputs")([given.told, *asked])
    return ToldNext(dtype="float32", name="outputs")([given.logits(given.vectors), *asked])


def _stacked(found: both.Told, likeliest_told: Tensor, is_asked: Tensor) -> Tensor:
    """What layers of this file give, `(batch, length, 1, 4)`, of tokens behind the first."""
    likeliest = tf.stack([tf.cast(found.likeliest, tf.float32), likeliest_told], axis=-1)
    likeliest = tf.where(is_asked[..., None], likeliest, 0.0)
    told = both.padded(found, [[0, 0], [1, 0]])
    likeliest = keras.ops.pad(likeliest, [[0, 0], [1, 0], [0, 0]])
    return keras.ops.concatenate([told, likeliest], axis=-1)[:, :, None]
