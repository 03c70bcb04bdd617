"""Smaller images in training than later."""

from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class TrainSize(keras.layers.Layer):
    """Resize in training, and let pass otherwise.

    Source: Touvron et al. (2019), "Fixing the train-test resolution discrepancy",
    https://arxiv.org/abs/1906.06423, section 4.1. Difference: nothing is trained at the larger size
    afterwards.

    Args:
        size: Side of the images in training, in pixels.

    Input shape:
        `(batch, height, width, channels)` float.

    Output shape:
        The same or, in training, `(batch, size, size, channels)`.
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, image: Tensor, training: bool = False) -> Tensor:
        """Resize in training."""
        if not training:
            return image
        return keras.ops.cast(keras.ops.image.resize(image, (self.size, self.size)), image.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input: what follows takes any size, and is described at the later one."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        return {**super().get_config(), "size": self.size}
