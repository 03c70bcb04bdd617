"""Mean of learned token vectors, then a linear or hidden layer.

Source: Joulin et al. (2016), "Bag of Tricks for Efficient Text Classification",
https://arxiv.org/abs/1607.01759 (mean, linear); Iyyer et al. (2015), "Deep Unordered
Composition Rivals Syntactic Methods for Text Classification", https://aclanthology.org/P15-1162
(mean, hidden layers). Difference: n-grams of tokens are not hashed.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models.backbone import Backbone, recipe_head
from models.bounds import Count, HiddenDims
from models.layers import blocks
from models.recipe import Recipe
from models.text import config as text_config

PAPER = Recipe(initializer="glorot_uniform", activation="relu", normalization="none", dropout=0.3)
"""Iyyer et al., section 5; they drop whole words, here elements of the mean are dropped."""


@dataclasses.dataclass(frozen=True)
class EmbeddingPoolingConfig(text_config.TextModelConfig):
    """Architecture of the pooled embedding."""

    kind: Literal["embedding_pooling"] = "embedding_pooling"
    """Name of this model."""
    embedding_dim: Count = 128
    """Width of one token vector."""
    pooling: Literal["mean", "max"] = "mean"
    """How the vectors of a text become one."""
    hidden_dims: HiddenDims = ()
    """Units of hidden layers between the pooled vector and the head."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.hidden_dims:
            self.recipe.refuse(
                ["activation", "normalization", "normalization_position"],
                "without `hidden_dims` there are no hidden layers",
            )


def build(config: EmbeddingPoolingConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives the
        pooled vector or the last hidden layer.
    """
    from models.layers import pooling

    recipe = config.recipe.over(PAPER)
    token_ids = text_config.token_input(config)

    x = keras.layers.Embedding(config.vocabulary_size, config.embedding_dim, name="embedding")(
        token_ids
    )
    x = pooling.POOLINGS[config.pooling](x, pooling.is_token(token_ids))
    x = blocks.drop(x, recipe, "pool")
    for index, units in enumerate(config.hidden_dims, start=1):
        x = blocks.dense(x, units, recipe, f"hidden_{index}")
        x = blocks.activate(x, recipe, f"hidden_{index}")
        x = blocks.drop(x, recipe, f"hidden_{index}")
    x = keras.layers.Identity(name="features")(x)

    return Backbone("embedding_pooling", {"token_ids": token_ids}, x, recipe_head(recipe))


encoder = text_config.encoder
