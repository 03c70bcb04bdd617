"""Convolutional sentence classifier: parallel n-gram filters, max-pooled.

Source: Kim (2014), "Convolutional Neural Networks for Sentence Classification",
https://arxiv.org/abs/1408.5882, model CNN-rand. Differences: no max-norm constraint
on the head, the optimizer is the caller's, and padding never wins a maximum, so a
text has the same logits at any `sequence_length` it fits into.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import keras
import pydantic
from annotated_types import MinLen

from models import recipe as recipes
from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.layers import blocks
from models.recipe import Recipe
from models.tensor import Tensor
from models.text import config as text_config

PAPER = Recipe(initializer="glorot_uniform", activation="relu", normalization="none", dropout=0.5)
"""Section 3.1; of the filters' initializer the paper says nothing."""


def _check_distinct(widths: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse a width that is named twice."""
    if len(set(widths)) < len(widths):
        raise ValueError(
            f"must not repeat a width. Received: {list(widths)}. For more filters of one width "
            "raise `filters`."
        )
    return widths


@dataclasses.dataclass(frozen=True)
class TextCNNConfig(text_config.TextModelConfig):
    """Architecture of the text CNN."""

    kind: Literal["text_cnn"] = "text_cnn"
    """Name of this model."""
    embedding_dim: Count = 128
    """Width of one token vector."""
    filters: Count = 100
    """Number of filters per kernel size."""
    kernel_sizes: Annotated[
        tuple[Count, ...], MinLen(1), pydantic.AfterValidator(_check_distinct)
    ] = (3, 4, 5)
    """N-gram widths in tokens, none longer than `sequence_length`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        too_long = [width for width in self.kernel_sizes if width > self.sequence_length]
        if too_long:
            raise ValueError(
                f"`kernel_sizes` must not exceed `sequence_length` ({self.sequence_length} "
                f"tokens). Received: {too_long}. Shorten them or raise `sequence_length`."
            )


def build(config: TextCNNConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives
        `(batch, filters * kernel sizes)`.
    """
    from models.layers import pooling

    recipe = config.recipe.over(PAPER)
    token_ids = text_config.token_input(config)
    is_token = pooling.is_token(token_ids)

    x = keras.layers.Embedding(config.vocabulary_size, config.embedding_dim, name="embedding")(
        token_ids
    )
    x = keras.layers.Multiply(name="embedding_masked")([x, is_token])
    # (batch, sequence_length, embedding_dim) -> one (batch, filters) per width.
    pooled = [
        _ngram_features(x, is_token, config.filters, width, recipe) for width in config.kernel_sizes
    ]
    x = keras.layers.Concatenate(name="ngrams")(pooled) if len(pooled) > 1 else pooled[0]
    x = keras.layers.Identity(name="features")(x)
    x = blocks.drop(x, recipe, "features")

    return Backbone("text_cnn", {"token_ids": token_ids}, x, recipe_head(recipe))


encoder = text_config.encoder


def _ngram_features(
    x: Tensor, is_token: Tensor, filters: int, width: int, recipe: Recipe
) -> Tensor:
    """`(batch, length, dim)` -> `(batch, filters)`: strongest match of each filter.

    A window counts where it begins with a token.
    """
    from models.layers.pooling import MaskedMax

    x = keras.layers.ZeroPadding1D((0, width - 1), name=f"pad_{width}")(x)
    x = keras.layers.Conv1D(
        filters,
        width,
        use_bias=not blocks.is_normalized_first(recipe),
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        name=f"conv_{width}",
    )(x)
    mask = keras.layers.Flatten(name=f"mask_{width}")(is_token)
    x = blocks.activate(x, recipe, f"conv_{width}", mask)
    return MaskedMax(name=f"pool_{width}")([x, is_token])
