"""Where a token stands, added to what it is."""

import keras
import numpy as np

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class LearnedPositions(keras.layers.Layer):
    """Add a learned vector per position.

    Source: Gehring et al. (2017), https://arxiv.org/abs/1705.03122, section 3.1; the standard
    deviation 0.02 of the start is that of Dosovitskiy et al. (2020), appendix D.

    Input shape:
        `(batch, length, dim)`, the length known.

    Output shape:
        The same.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create one vector per position."""
        self.positions = self.add_weight(
            name="positions",
            shape=(1, *input_shape[1:]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, x: Tensor) -> Tensor:
        """Add."""
        return x + keras.ops.cast(self.positions, x.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape


@keras.saving.register_keras_serializable(package="maru")
class SinusoidalPositions(keras.layers.Layer):
    """Add fixed sines and cosines of geometrically growing wavelengths.

    Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.5:
    `PE(p, 2i) = sin(p / 10000^(2i / dim))`, `PE(p, 2i + 1) = cos(p / 10000^(2i / dim))`.

    Input shape:
        `(batch, length, dim)`, length and an even dim known.

    Output shape:
        The same.
    """

    def call(self, x: Tensor) -> Tensor:
        """Add."""
        _, length, dim = x.shape
        angles = np.arange(length)[:, np.newaxis] / 10000 ** (np.arange(0, dim, 2) / dim)
        table = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, dim)
        return x + keras.ops.convert_to_tensor(table, x.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape
