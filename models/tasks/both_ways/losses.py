"""The loss of two language models, and the share of tokens that they tell.

Outputs are those of `head.py`, which know their targets: those given are not looked at.
"""

from __future__ import annotations

from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class NeighbourCrossEntropy(keras.losses.Loss):
    """Mean negative log-probability of a token, over tokens and both directions, in nats.

    Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3.1, per token.
    """

    def __init__(self, name: str = "neighbours", **options: Any) -> None:
        super().__init__(name=name, **options)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses `(batch,)` whose mean is the loss."""
        del y_true
        asked = keras.ops.sum(_is_asked(y_pred))
        rows = keras.ops.cast(keras.ops.shape(y_pred)[0], y_pred.dtype)
        sums = -keras.ops.sum(y_pred[..., 0], axis=(1, 2))
        return sums * rows / keras.ops.maximum(asked, 1.0)


@keras.saving.register_keras_serializable(package="maru")
class NeighbourAccuracy(keras.metrics.Mean):
    """Share of tokens that are the likeliest, of both directions."""

    def __init__(self, name: str = "token_accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count a batch."""
        del y_true, sample_weight
        super().update_state(y_pred[..., 1], _is_asked(y_pred))


def _is_asked(y_pred: Tensor) -> Tensor:
    return keras.ops.cast(y_pred[..., 1] >= 0, y_pred.dtype)
