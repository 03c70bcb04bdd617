"""Losses of a tag for each unit, and the share of right ones.

Tags are ids `(batch, units)`, -1 where nothing is learned; outputs are `(batch, units, tags)`,
those of a conditional random field with its scores below. Every known unit counts alike, whatever
text it is of.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from models.tasks.tagging import crf
from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TagCrossEntropy(keras.losses.Loss):
    """Cross-entropy of each unit's logits.

    Args:
        label_smoothing: Share of the target spread evenly over all tags, in [0, 1).
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "tags", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` whose mean is that of the known units."""
        y_true = tf.cast(y_true, tf.int32)
        each = keras.losses.categorical_crossentropy(
            tf.one_hot(y_true, y_pred.shape[-1]),
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )
        is_known = tf.cast(y_true >= 0, each.dtype)
        return _mean_of_units(tf.reduce_sum(each * is_known, axis=1), y_true)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable(package="maru")
class SequenceLoss(keras.losses.Loss):
    """Negative logarithm of the probability of each text's tags together, in nats a unit."""

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` whose mean is that of the known units."""
        units = tf.shape(y_true)[1]
        y_true = tf.cast(y_true, tf.int32)
        found = crf.log_likelihood(y_pred[:, :units], y_true, y_pred[0, units:])
        return _mean_of_units(-found, y_true)


@keras.saving.register_keras_serializable(package="maru")
class TagAccuracy(keras.metrics.Mean):
    """Share of known units whose tag has the greatest logit."""

    def __init__(self, name: str = "accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        units = tf.shape(y_true)[1]
        y_true = tf.cast(y_true, tf.int32)
        best = tf.argmax(y_pred[:, :units], axis=-1, output_type=tf.int32)
        super().update_state(tf.cast(best == y_true, self.dtype), y_true >= 0)


def _mean_of_units(sums: Tensor, y_true: Tensor) -> Tensor:
    """Sums by text `(batch,)` scaled so that their mean over the batch is one over the units."""
    known = tf.reduce_sum(tf.cast(y_true >= 0, sums.dtype))
    return sums * tf.cast(tf.size(sums), sums.dtype) / tf.maximum(known, 1.0)
