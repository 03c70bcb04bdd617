"""A language model's loss beside that of a task."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class NextTokenLoss(keras.layers.Layer):
    """Vectors as they come; training also minimises how badly they tell the next token.

    What is added to the loss is `weight` times the mean over a batch's texts of the mean
    cross-entropy of their tokens, each told from those before it. Source: Radford et al. (2018),
    "Improving Language Understanding by Generative Pre-Training", equation 5.

    Args:
        weight: What the loss is multiplied by, at least 0.

    Call arguments:
        inputs: Vectors `(batch, length, dim)`, logits `(batch, length, pieces)`, token ids
            `(batch, length)`, and 1 where a token stands, of the same shape.
        training: Whether the loss is added.

    Output shape:
        That of the vectors.
    """

    def __init__(self, weight: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, inputs: list[Tensor], training: bool = False) -> Tensor:
        """Add the loss."""
        vectors, logits, token_ids, padding_mask = inputs
        if training:
            each = keras.losses.sparse_categorical_crossentropy(
                token_ids[:, 1:], ops.cast(logits[:, :-1], "float32"), from_logits=True
            )
            is_told = ops.cast(padding_mask[:, 1:], "float32")
            counts = ops.maximum(ops.sum(is_told, axis=1), 1.0)
            self.add_loss(self.weight * ops.mean(ops.sum(each * is_told, axis=1) / counts))
        return vectors

    def compute_output_spec(self, inputs: list[Tensor], training: bool = False) -> Any:
        """The vectors'."""
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "weight": self.weight}
