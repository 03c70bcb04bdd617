"""Loss and accuracy of each next token of texts that are written; padding is left out."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from models.tensor import Tensor


def _aligned(targets: Tensor, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Targets as long as the logits, which lack what is padding in all, and what counts of them."""
    # Keras makes numbers of them.
    targets = tf.cast(targets[:, : ops.shape(logits)[1]], tf.int32)
    return targets, logits, ops.cast(ops.not_equal(targets, 0), "float32")


class TokenAccuracy(keras.metrics.MeanMetricWrapper):
    """Share of the tokens that were the most likely ones, padding left out."""

    def __init__(self, name: str = "accuracy", **options: Any) -> None:
        """Create the metric."""
        super().__init__(_share_right, name=name, **options)


def _share_right(targets: Tensor, logits: Tensor) -> Tensor:
    """Of each batch, as often as it has examples, `(batch,)`."""
    targets, logits, counts = _aligned(targets, logits)
    # Keras's own looks for the signs of zeros in passes over all logits.
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    right = ops.cast(ops.equal(best, targets), "float32") * counts
    rows = ops.cast(ops.shape(targets)[0], "float32")
    return ops.sum(right, axis=-1) * (rows / ops.maximum(ops.sum(counts), 1.0))


class TokenCrossEntropy(keras.losses.Loss):
    """Cross-entropy in nats, mean over the tokens of a batch, padding left out.

    With label smoothing e, the target is `1 - e` of the right token and `e` spread evenly over all
    of the vocabulary: Szegedy et al. (2015), https://arxiv.org/abs/1512.00567, section 7.

    Input shape:
        Ids `(batch, length)`, 0 is padding, and logits `(batch, at most length, vocabulary)`.
    """

    def __init__(self, smoothing: float = 0.0, name: str = "tokens", **options: Any) -> None:
        """Create the loss.

        Args:
            smoothing: Share of the target that is spread over all tokens, in [0, 1).
            name: Of the loss.
            **options: Keras's.
        """
        options.setdefault("reduction", "sum_over_batch_size")
        super().__init__(name=name, **options)
        self.smoothing = smoothing

    def call(self, targets: Tensor, logits: Tensor) -> Tensor:
        """Loss of each example, scaled so that their mean is that over tokens, `(batch,)`."""
        targets, logits, counts = _aligned(targets, logits)
        # TensorFlow's own give the gradient on the way; to pick the logit of a token, and to spread
        # its gradient, would take passes over all of them.
        if self.smoothing:
            spread = self.smoothing / logits.shape[-1]
            wanted = tf.one_hot(targets, logits.shape[-1], 1 - self.smoothing + spread, spread)
            losses = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
        else:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        total = ops.maximum(ops.sum(counts), 1.0)
        rows = ops.cast(ops.shape(targets)[0], "float32")
        return ops.sum(losses * counts, axis=-1) * (rows / total)
