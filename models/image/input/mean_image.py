"""Subtract the mean training image, as AlexNet does."""

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class SubtractMeanImage(keras.layers.Layer):
    """Image minus the mean image of the training split.

    Source: Krizhevsky et al. (2012), section 2: "subtracting the mean activity over the
    training set from each pixel". The mean is a weight that no gradient changes, zero until
    `set_measured` is called; it is saved and exported with the others.

    Input shape:
        `(batch, height, width, 3)` uint8.

    Output shape:
        The same, in the layer's float dtype.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the mean image."""
        self.mean = self.add_weight(
            name="mean", shape=input_shape[1:], initializer="zeros", trainable=False
        )

    def set_measured(self, mean: Tensor) -> None:
        """Store the mean `(height, width, 3)`, in 0 to 255."""
        self.mean.assign(mean)

    def call(self, image: Tensor) -> Tensor:
        """Subtract."""
        return keras.ops.cast(image, self.compute_dtype) - self.mean

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape
