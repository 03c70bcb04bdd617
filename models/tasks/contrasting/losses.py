"""The partner of an example among those of its batch.

Source: van den Oord et al. (2018), "Representation Learning with Contrastive Predictive Coding",
https://arxiv.org/abs/1807.03748, equation 4 (InfoNCE), with cosines over a temperature as in Gao et
al. (2021), "SimCSE", https://arxiv.org/abs/2104.08821, equation 1: the other partners of the batch
are the negatives. Difference: a partner that is a right answer too, because it is the same cell as
the right one or that of an example with the same first cell, is no negative.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from models.tensor import Tensor

_LEFT_OUT = -1e9
"""Added to a logit it leaves nothing of its exponential, in float32."""


@keras.saving.register_keras_serializable(package="maru")
class InfoNCE(keras.losses.Loss):
    """Cross-entropy of finding each example's partner among those of the batch.

    `call` takes keys of both cells `(batch, 2, parts)`, see `keys.py`, and their vectors of length
    1, `(batch, 2, dim)`; it gives `(batch,)`, in nats.

    Args:
        temperature: What cosines are divided by, above 0.
    """

    def __init__(self, temperature: float, name: str = "info_nce", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.temperature = temperature

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses of the examples."""
        logits = similarities(y_true, y_pred, self.temperature)
        own = ops.diagonal(logits)
        return ops.logsumexp(logits, axis=1) - own

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "temperature": self.temperature}


@keras.saving.register_keras_serializable(package="maru")
class NTXent(InfoNCE):
    """Cross-entropy of finding each view's partner among both views of all examples of the batch.

    Source: Chen et al. (2020), "A Simple Framework for Contrastive Learning of Visual
    Representations", https://arxiv.org/abs/2002.05709, equation 1. An example loses the mean of its
    two views. Views of the same cell are no negatives of each other.
    """

    def __init__(self, temperature: float, name: str = "nt_xent", **options: Any) -> None:
        super().__init__(temperature, name, **options)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses of the examples."""
        views = ops.concatenate([y_pred[:, 0], y_pred[:, 1]], axis=0)
        keys = ops.concatenate([y_true[:, 0], y_true[:, 1]], axis=0)
        partners = ops.concatenate([y_pred[:, 1], y_pred[:, 0]], axis=0)
        right = ops.sum(views * partners, axis=-1) / self.temperature
        is_same = ops.all(ops.equal(keys[:, None], keys[None]), axis=-1)
        logits = ops.matmul(views, ops.transpose(views)) / self.temperature
        others = ops.where(is_same, _LEFT_OUT, logits)
        everything = ops.concatenate([right[:, None], others], axis=1)
        losses = ops.logsumexp(everything, axis=1) - right
        return ops.mean(ops.reshape(losses, (2, -1)), axis=0)


def similarities(keys: Tensor, vectors: Tensor, temperature: float) -> Tensor:
    """Logits of each partner for each example, `(batch, batch)`; the right ones in the diagonal.

    Args:
        keys: Of both cells, `(batch, 2, parts)`.
        vectors: Of length 1, `(batch, 2, dim)`.
        temperature: What cosines are divided by.
    """
    logits = ops.matmul(vectors[:, 0], ops.transpose(vectors[:, 1])) / temperature
    is_same = ops.all(ops.equal(keys[:, None], keys[None]), axis=-1)
    is_right_too = ops.logical_or(is_same[..., 0], is_same[..., 1])
    others = ops.logical_not(ops.cast(ops.eye(ops.shape(keys)[0]), "bool"))
    return ops.where(ops.logical_and(is_right_too, others), _LEFT_OUT, logits)


def recall() -> keras.metrics.Metric:
    """Share of examples whose partner is the most similar one of the batch."""
    return keras.metrics.MeanMetricWrapper(is_found, name="recall_at_1")


@keras.saving.register_keras_serializable(package="maru")
def is_found(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """1 where no other partner of the batch is as similar as the right one, `(batch,)` float32."""
    logits = similarities(y_true, y_pred, 1.0)
    as_near = ops.sum(ops.cast(logits >= ops.diagonal(logits)[:, None], "float32"), axis=1)
    return ops.cast(as_near <= 1, "float32")
