"""The loss of where an answer begins and ends, and the share of answers that are right.

Targets are the first and the last unit of the answer, `(batch, 2)`, -1 both where the text holds
none. Outputs are logits of first and last, `(batch, units, 2)`, very small where there is no unit
to choose, and, where "no answer" may be learned, its own two below them.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from models.tensor import Tensor

NEVER = -1e9
"""Logit of what cannot be chosen."""


@keras.saving.register_keras_serializable(package="maru")
class SpanCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of first and last unit; 0 where the answer is not among what is read.

    Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, sections 4.2 and 4.3.
    """

    def __init__(self, name: str = "answers", **options: Any) -> None:
        super().__init__(name=name, **options)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` in nats."""
        chosen = one_hot(y_true, tf.shape(y_pred)[1], y_pred.dtype)
        is_read = tf.reduce_all(tf.reduce_sum(chosen * y_pred, axis=1) > NEVER / 2, axis=1)
        is_read &= tf.reduce_all(tf.reduce_sum(chosen, axis=1) > 0, axis=1)
        each = -tf.reduce_sum(chosen * tf.nn.log_softmax(y_pred, axis=1), axis=[1, 2]) / 2
        return tf.where(is_read, each, 0.0)


@keras.saving.register_keras_serializable(package="maru")
class SpanAccuracy(keras.metrics.Mean):
    """Share of texts whose most probable first and last unit are both right."""

    def __init__(self, name: str = "accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        del sample_weight
        count = tf.shape(y_pred)[1]
        best = tf.argmax(y_pred, axis=1, output_type=tf.int32)
        given = tf.where(tf.cast(y_true, tf.int32) < 0, count - 1, tf.cast(y_true, tf.int32))
        super().update_state(tf.cast(tf.reduce_all(best == given, axis=1), self.dtype))


def one_hot(targets: Tensor, count: Tensor, dtype: Any) -> Tensor:
    """Which of `count` outputs each target is, `(batch, count, 2)`; none of them if beyond."""
    ids = tf.cast(targets, tf.int32)
    # "No answer" is the last of the outputs.
    return tf.one_hot(tf.where(ids < 0, count - 1, ids), count, axis=1, dtype=dtype)
