"""The losses of gaps and of what follows, and the shares of right answers.

Targets are ids of pieces `(batch, gaps)` int32, -1 where nothing is asked, and, if it is learned
what follows, `FOLLOWS`, `OTHER` or `ALONE` as one more. Outputs are logits `(batch, gaps, pieces)`,
and then two logits at the begin of one more row. Every gap counts alike, whatever text it is of.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class MaskedCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of the gaps, and, added to it, that of what follows, in nats.

    Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, appendix A.2.

    Args:
        next_sentence: Whether it is learned what follows.
    """

    def __init__(self, next_sentence: bool, name: str = "gaps", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.next_sentence = next_sentence

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` whose mean is the loss."""
        y_true = tf.cast(y_true, tf.int32)
        if not self.next_sentence:
            return _of_known(y_true, y_pred)
        gaps = _of_known(y_true[:, :-1], y_pred[:, :-1])
        return gaps + _of_known(y_true[:, -1:], y_pred[:, -1:, :2])

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "next_sentence": self.next_sentence}


@keras.saving.register_keras_serializable(package="maru")
class MaskedAccuracy(keras.metrics.Mean):
    """Share of gaps whose piece has the greatest logit.

    Args:
        next_sentence: Whether the last of the targets is about what follows.
    """

    def __init__(self, next_sentence: bool, name: str = "masked_accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.next_sentence = next_sentence

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        del sample_weight
        end = -1 if self.next_sentence else None
        given = tf.cast(y_true, tf.int32)[:, :end]
        best = tf.argmax(y_pred[:, :end], axis=-1, output_type=tf.int32)
        super().update_state(tf.cast(best == given, self.dtype), given >= 0)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "next_sentence": self.next_sentence}


@keras.saving.register_keras_serializable(package="maru")
class NextSentenceAccuracy(keras.metrics.Mean):
    """Share of pairs of which it is rightly told whether they follow one another."""

    def __init__(self, name: str = "next_sentence_accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        del sample_weight
        given = tf.cast(y_true, tf.int32)[:, -1]
        best = tf.argmax(y_pred[:, -1, :2], axis=-1, output_type=tf.int32)
        super().update_state(tf.cast(best == given, self.dtype), given >= 0)


def _of_known(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Sums of cross-entropies `(batch,)` scaled so that their mean is one over the known places."""
    is_known = tf.cast(y_true >= 0, y_pred.dtype)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(y_true, 0), y_pred)
    sums = tf.reduce_sum(each * is_known, axis=1)
    rows = tf.cast(tf.shape(y_true)[0], sums.dtype)
    return sums * rows / tf.maximum(tf.reduce_sum(is_known), 1.0)
