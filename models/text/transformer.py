"""Transformer encoder over tokens, trained from scratch.

Source: Vaswani et al. (2017), "Attention Is All You Need", https://arxiv.org/abs/1706.03762,
section 3, the encoder; learned positions are those of Devlin et al. (2018),
https://arxiv.org/abs/1810.04805. Differences: the token vectors are pooled, so there is no class
token, and embeddings are not tied to the head, which has one row per label.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import keras
from annotated_types import MultipleOf

from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.layers import blocks
from models.layers import transformer as layers
from models.recipe import Recipe
from models.text import config as text_config
from models.text import unit_windows

PAPER = Recipe(
    initializer="glorot_uniform",
    activation="relu",
    normalization="layer",
    dropout=0.1,
)
"""Sections 3.3 and 5.4."""


@dataclasses.dataclass(frozen=True)
class TransformerConfig(text_config.TextModelConfig):
    """Architecture of the Transformer encoder."""

    kind: Literal["transformer"] = "transformer"
    """Name of this model."""
    hidden_dim: Annotated[Count, MultipleOf(2)] = 128
    """Width of a token vector; even."""
    num_layers: Count = 2
    """Encoder blocks."""
    num_heads: Count = 4
    """Attention heads; divides `hidden_dim`."""
    mlp_dim: Count = 256
    """Units of the hidden layer of each block's perceptron."""
    positions: Literal["sinusoidal", "learned"] = "sinusoidal"
    """How a token knows its place."""
    normalization: Literal["pre", "post"] = "post"
    """Whether each part's input is normalised or, as in the paper, each sum; pre-norm trains
    without a warm-up."""
    pooling: Literal["mean", "max"] = "mean"
    """How the token vectors become one text vector."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.recipe.refuse(
            ["normalization_position"], "where the norms stand is `normalization: pre` or `post`"
        )
        if self.hidden_dim % self.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({self.hidden_dim}). "
                f"Received: num_heads={self.num_heads}"
            )


def build(config: TransformerConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives the
        pooled text vector.
    """
    from models.layers import pooling
    from models.layers.positions import LearnedPositions, SinusoidalPositions

    recipe = config.recipe.over(PAPER)
    is_norm_first = config.normalization == "pre"
    positions: dict[str, type[keras.layers.Layer]] = {
        "sinusoidal": SinusoidalPositions,
        "learned": LearnedPositions,
    }
    token_ids = text_config.token_input(config)
    is_token = pooling.is_token(token_ids)

    x = keras.layers.Embedding(config.vocabulary_size, config.hidden_dim, name="embedding")(
        token_ids
    )
    # Section 3.4: the embedding is scaled up, or the positions would drown it.
    x = keras.layers.Rescaling(config.hidden_dim**0.5, name="embedding_scale")(x)
    x = positions[config.positions](name="positions")(x)
    x = blocks.drop(x, recipe, "positions")
    mask = keras.layers.Flatten(name="mask")(is_token)
    for index in range(1, config.num_layers + 1):
        x = layers.encoder_block(
            x,
            config.num_heads,
            config.mlp_dim,
            recipe,
            f"block_{index}",
            is_norm_first=is_norm_first,
            mask=mask,
        )
    if is_norm_first:
        x = layers.normalized(x, recipe, "last", mask)
    vectors = x
    x = pooling.POOLINGS[config.pooling](x, is_token)
    x = keras.layers.Identity(name="features")(x)
    x = blocks.drop(x, recipe, "features")

    return Backbone(
        "transformer",
        {"token_ids": token_ids},
        x,
        recipe_head(recipe),
        lambda: blocks.drop(vectors, recipe, "tokens"),
    )


encoder = text_config.encoder
unit_encoder = unit_windows.of_pieces
