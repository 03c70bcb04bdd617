"""How far told pixels are from those of hidden patches."""

from __future__ import annotations

import keras
from keras import ops

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class HiddenError(keras.losses.Loss):
    """Mean squared error over the hidden patches of each image.

    He et al. (2021), https://arxiv.org/abs/2111.06377, section 3. `call` takes what
    `patches.target` gives and what was told, `(batch, patches, numbers)`; it gives `(batch,)`.
    """

    def __init__(self, name: str = "hidden_error", **options: str) -> None:
        super().__init__(name=name, **options)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Losses of the images."""
        hidden = y_true[..., -1]
        errors = ops.mean(ops.square(y_pred - y_true[..., :-1]), axis=-1)
        return ops.sum(errors * hidden, axis=-1) / ops.sum(hidden, axis=-1)
