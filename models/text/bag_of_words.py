"""Bag of words: which tokens a text has, how often, or how tellingly; order is lost.

Sources: Harris (1954), "Distributional Structure"; Spärck Jones (1972), "A Statistical
Interpretation of Term Specificity and Its Application in Retrieval" (inverse document
frequency). The weighting `tf_idf` is scikit-learn's default: counts times
`ln((1 + n) / (1 + df)) + 1`, then unit length.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, Protocol

import keras

from models.backbone import Backbone, recipe_head
from models.bounds import Count, HiddenDims
from models.layers import blocks
from models.recipe import Recipe
from models.text import config as text_config

PAPER = Recipe(initializer="glorot_uniform", activation="relu", normalization="none")
"""No paper, so the plain choices."""


@dataclasses.dataclass(frozen=True)
class BagOfWordsConfig(text_config.TextModelConfig):
    """Architecture of the bag of words."""

    kind: Literal["bag_of_words"] = "bag_of_words"
    """Name of this model."""
    weighting: Literal["binary", "counts", "tf_idf"] = "tf_idf"
    """Whether a token is there, how often, or how often weighed by how rare it is elsewhere."""
    ngrams: Count = 1
    """Longest run of tokens that counts as a token of its own, at least 1; needs the tokenizer
    `words` or `characters`. Runs are part of `sequence_length`: with 2 it holds half as many
    words, and longer texts lose their end, words and runs alike."""
    hidden_dims: HiddenDims = ()
    """Units of hidden layers between the bag and the head; none: a linear model."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_ngrams(self.ngrams)
        if not self.hidden_dims:
            self.recipe.refuse(
                ["activation", "normalization", "normalization_position", "dropout"],
                "without `hidden_dims` the model is linear",
            )


class Weighted(Protocol):
    """Config of a model that begins with a weighted bag."""

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""

    @property
    def weighting(self) -> Literal["binary", "counts", "tf_idf"]:
        """What a token counts."""


def measured(config: Weighted) -> Literal["document_frequencies"] | None:
    """What the layer `idf` must know of the training split."""
    return "document_frequencies" if config.weighting == "tf_idf" else None


def build(config: BagOfWordsConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives the
        weighted bag `(batch, vocabulary_size)`, or the last hidden layer.
    """
    recipe = config.recipe.over(PAPER)
    token_ids = text_config.token_input(config)

    x = weighted_bag(config, token_ids)
    for index, units in enumerate(config.hidden_dims, start=1):
        x = blocks.dense(x, units, recipe, f"hidden_{index}")
        x = blocks.activate(x, recipe, f"hidden_{index}")
        x = blocks.drop(x, recipe, f"hidden_{index}")
    x = keras.layers.Identity(name="features")(x)

    return Backbone("bag_of_words", {"token_ids": token_ids}, x, recipe_head(recipe))


def weighted_bag(config: Weighted, token_ids: keras.KerasTensor) -> keras.KerasTensor:
    """How often each token occurs, `(batch, vocabulary_size)`, as `weighting` says.

    Args:
        config: Of the model.
        token_ids: `(batch, sequence_length)` int32.
    """
    from models.layers.bag import BagOfTokens, InverseDocumentFrequency

    x = BagOfTokens(config.vocabulary_size, config.weighting == "binary", name="bag")(token_ids)
    if config.weighting == "tf_idf":
        x = InverseDocumentFrequency(name="idf")(x)
        # A text without known tokens has no length, and float16 no number small enough for that.
        x = keras.layers.UnitNormalization(dtype="float32", name="unit")(x)
    return x


encoder = text_config.encoder
