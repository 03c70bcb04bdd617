"""Sequences of token ids as vectors over the vocabulary."""

from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class BagOfTokens(keras.layers.Layer):
    """How often each token occurs; padding (0) and unknown tokens (1) do not count.

    Args:
        vocabulary_size: Number of token ids.
        is_binary: Whether only presence counts.

    Input shape:
        `(batch, length)` integer ids.

    Output shape:
        `(batch, vocabulary_size)`, the layer's float dtype.
    """

    def __init__(self, vocabulary_size: int, is_binary: bool, **options: Any) -> None:
        super().__init__(**options)
        self.vocabulary_size = vocabulary_size
        self.is_binary = is_binary

    def call(self, token_ids: Tensor) -> Tensor:
        """Count."""
        counts = keras.ops.bincount(token_ids, minlength=self.vocabulary_size)
        counts = keras.ops.cast(counts[:, : self.vocabulary_size], self.compute_dtype)
        is_token = keras.ops.arange(self.vocabulary_size) >= 2
        counts = counts * keras.ops.cast(is_token, self.compute_dtype)
        return keras.ops.minimum(counts, 1.0) if self.is_binary else counts

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """One number per token of the vocabulary."""
        return (input_shape[0], self.vocabulary_size)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor."""
        sizes = {"vocabulary_size": self.vocabulary_size, "is_binary": self.is_binary}
        return {**super().get_config(), **sizes}


@keras.saving.register_keras_serializable(package="maru")
class InverseDocumentFrequency(keras.layers.Layer):
    """Multiply each token's count by how rare the token is in the training texts.

    The factors are weights that no gradient changes, one until `set_measured` is called.

    Input shape:
        `(batch, vocabulary_size)`.

    Output shape:
        The same.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the factors."""
        self.factors = self.add_weight(
            name="factors", shape=(input_shape[-1],), initializer="ones", trainable=False
        )

    def set_measured(self, factors: Tensor) -> None:
        """Store the factors `(vocabulary_size,)`."""
        self.factors.assign(factors)

    def call(self, counts: Tensor) -> Tensor:
        """Weigh."""
        return counts * self.factors

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape
