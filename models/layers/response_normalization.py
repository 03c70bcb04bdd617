"""Local response normalisation across channels."""

import keras
import tensorflow as tf

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class ResponseNormalization(keras.layers.Layer):
    """Activity divided by that of neighbouring channels at the same place.

    Source: Krizhevsky et al. (2012), section 3.3: `b_i = a_i / (k + alpha * sum a_j^2) ^ beta`
    over the channels `j` from `i - n / 2` to `i + n / 2`, with k = 2, n = 5, alpha = 1e-4 and
    beta = 0.75.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        The same.
    """

    def call(self, x: Tensor) -> Tensor:
        """Normalise."""
        # TensorFlow's operation, on the CPU, has no half precision.
        wide = keras.ops.cast(x, "float32")
        normalized = tf.nn.local_response_normalization(
            wide, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75
        )
        return keras.ops.cast(normalized, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape
