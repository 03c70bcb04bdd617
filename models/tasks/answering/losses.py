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

    Args:
        has_none: Whether the last of the outputs is "no answer".
    """

    def __init__(self, has_none: bool, name: str = "answers", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.has_none = has_none

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` in nats."""
        places = _places(y_true, y_pred, self.has_none)
        chosen = tf.one_hot(places, tf.shape(y_pred)[1], axis=1, dtype=y_pred.dtype)
        is_read = tf.reduce_all(tf.reduce_sum(chosen * y_pred, axis=1) > NEVER / 2, axis=1)
        is_read &= tf.reduce_all(tf.reduce_sum(chosen, axis=1) > 0, axis=1)
        each = -tf.reduce_sum(chosen * tf.nn.log_softmax(y_pred, axis=1), axis=[1, 2]) / 2
        return tf.where(is_read, each, 0.0)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "has_none": self.has_none}


@keras.saving.register_keras_serializable(package="maru")
class SpanAccuracy(keras.metrics.Mean):
    """Share of texts whose most probable first and last unit are both right.

    Args:
        has_none: Whether the last of the outputs is "no answer".
    """

    def __init__(self, has_none: bool, name: str = "accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.has_none = has_none

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        del sample_weight
        best = tf.argmax(y_pred, axis=1, output_type=tf.int32)
        is_right = tf.reduce_all(best == _places(y_true, y_pred, self.has_none), axis=1)
        super().update_state(tf.cast(is_right, self.dtype))

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "has_none": self.has_none}


def _places(y_true: Tensor, y_pred: Tensor, has_none: bool) -> Tensor:
    """Which of the outputs each target is, `(batch, 2)` int32; -1 for none of them."""
    ids = tf.cast(y_true, tf.int32)
    return tf.where(ids < 0, tf.shape(y_pred)[1] - 1, ids) if has_none else ids
