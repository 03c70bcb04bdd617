"""Convolutional sentence classifier: parallel n-gram filters, max-pooled.

Source: Kim (2014), "Convolutional Neural Networks for Sentence Classification",
https://arxiv.org/abs/1408.5882, model CNN-rand. Differences: no max-norm constraint
on the head, the optimizer is the caller's, and padding never wins a maximum, so a
text has the same logits at any `sequence_length` it fits into.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.encoder import Encoder


@dataclasses.dataclass(frozen=True)
class TextCNNConfig:
    """Architecture of the text CNN."""

    kind: Literal["text_cnn"] = "text_cnn"
    """Name of this model."""
    vocabulary_size: int = 20_000
    """Largest number of token ids, padding (0) and unknown tokens included; training replaces it
    by the number that the data really has."""
    sequence_length: int = 256
    """Input length in tokens; shorter texts are padded with 0, longer ones cut."""
    tokenizer: Literal["words", "characters"] = "words"
    """What a token is; characters suit languages written without spaces."""
    embedding_dim: int = 128
    """Width of one token vector."""
    filters: int = 100
    """Number of filters per kernel size."""
    kernel_sizes: tuple[int, ...] = (3, 4, 5)
    """N-gram widths in tokens, none longer than `sequence_length`."""
    dropout: float = 0.5
    """Rate applied to the pooled features, in [0, 1)."""

    def __post_init__(self) -> None:
        _check_at_least(self, "vocabulary_size", 3)
        for field in ("sequence_length", "embedding_dim", "filters"):
            _check_at_least(self, field, 1)
        if not 0 <= self.dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={self.dropout}")
        if not self.kernel_sizes or min(self.kernel_sizes) < 1:
            raise ValueError(
                "`kernel_sizes` must name at least one width of 1 token or more. "
                f"Received: kernel_sizes={list(self.kernel_sizes)}"
            )
        if len(set(self.kernel_sizes)) < len(self.kernel_sizes):
            raise ValueError(
                "`kernel_sizes` must not repeat a width; raise `filters` instead. "
                f"Received: kernel_sizes={list(self.kernel_sizes)}"
            )
        too_long = [width for width in self.kernel_sizes if width > self.sequence_length]
        if too_long:
            raise ValueError(
                f"`kernel_sizes` must not exceed `sequence_length` ({self.sequence_length} "
                f"tokens). Received: {too_long}. Shorten them or raise `sequence_length`."
            )


def build(config: TextCNNConfig, num_classes: int) -> keras.Model:
    """Build the classifier with fresh weights; the caller compiles it.

    Args:
        config: Architecture.
        num_classes: Number of labels, at least 2.

    Returns:
        A model mapping `token_ids` `(batch, sequence_length)` int32 to `logits`
        `(batch, num_classes)` float32. Logits, not probabilities: train it with a
        `from_logits=True` loss. Layer `features` gives `(batch, filters * kernel sizes)`.
    """
    from models.layers.token_mask import TokenMask

    token_ids = keras.Input((config.sequence_length,), dtype="int32", name="token_ids")
    mask = TokenMask(name="token_mask")(token_ids)

    x = keras.layers.Embedding(config.vocabulary_size, config.embedding_dim, name="embedding")(
        token_ids
    )
    x = keras.layers.Multiply(name="embedding_masked")([x, mask])
    # (batch, sequence_length, embedding_dim) -> one (batch, filters) per width.
    pooled = [_ngram_features(x, mask, config.filters, width) for width in config.kernel_sizes]
    x = keras.layers.Concatenate(name="ngrams")(pooled) if len(pooled) > 1 else pooled[0]
    x = keras.layers.Identity(name="features")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)

    return keras.Model({"token_ids": token_ids}, logits, name="text_cnn")


def encoder(config: TextCNNConfig) -> Encoder:
    """Return the encoder: the ids that Transform computed, as int32.

    Args:
        config: Architecture; its `sequence_length` must be the width of the feature.

    Returns:
        An encoder from `token_ids` `(batch, sequence_length)` to the model's inputs.
    """
    import tensorflow as tf

    def encode(features):
        token_ids = tf.ensure_shape(features["token_ids"], (None, config.sequence_length))
        return {"token_ids": tf.cast(token_ids, tf.int32)}

    return Encoder(encode)


def _ngram_features(x, mask, filters: int, width: int):
    """`(batch, length, dim)` -> `(batch, filters)`: strongest match of each filter.

    A window counts where it begins with a token. ReLU outputs are not negative, so
    multiplying the others by zero takes them out of the maximum.
    """
    x = keras.layers.ZeroPadding1D((0, width - 1), name=f"pad_{width}")(x)
    x = keras.layers.Conv1D(filters, width, activation="relu", name=f"conv_{width}")(x)
    x = keras.layers.Multiply(name=f"conv_{width}_masked")([x, mask])
    return keras.layers.GlobalMaxPooling1D(name=f"pool_{width}")(x)


def _check_at_least(config: TextCNNConfig, field: str, minimum: int) -> None:
    value = getattr(config, field)
    if value < minimum:
        raise ValueError(f"`{field}` must be at least {minimum}. Received: {field}={value}")
