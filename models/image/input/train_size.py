"""Smaller images in training than later."""

import keras


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

    def __init__(self, size: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, image, training=False):
        """Resize in training."""
        if not training:
            return image
        return keras.ops.cast(keras.ops.image.resize(image, (self.size, self.size)), image.dtype)

    def compute_output_shape(self, input_shape):
        """As the input: what follows takes any size, and is described at the later one."""
        return input_shape

    def get_config(self):
        """Arguments of the constructor."""
        return {**super().get_config(), "size": self.size}
