"""Recurrent networks over tokens: simple, LSTM, GRU; one or two directions; stacked.

Sources: Elman (1990), "Finding Structure in Time"; Hochreiter and Schmidhuber (1997), "Long
Short-Term Memory", with the forget gate of Gers et al. (2000); Cho et al. (2014),
https://arxiv.org/abs/1406.1078 (GRU); Schuster and Paliwal (1997), "Bidirectional Recurrent
Neural Networks". A sequence in and one label out (many to one): the last state, or all states
pooled.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import keras

from models import recipe as recipes
from models.backbone import Backbone, recipe_head
from models.bounds import Count
from models.layers import blocks, cudnn, transformer
from models.recipe import Recipe
from models.text import config as text_config
from models.text import unit_windows

PAPER = Recipe(initializer="glorot_uniform", activation="tanh", normalization="none", dropout=0.5)
"""Zaremba et al. (2014), https://arxiv.org/abs/1409.2329: dropout between layers, not in time."""


@dataclasses.dataclass(frozen=True)
class RecurrentConfig(text_config.TextModelConfig):
    """Architecture of the recurrent network."""

    kind: Literal["recurrent"] = "recurrent"
    """Name of this model."""
    cell: Literal["simple", "lstm", "gru"] = "lstm"
    """What carries the state from token to token."""
    embedding_dim: Count = 128
    """Width of one token vector."""
    units: Count = 128
    """Width of a state, per direction."""
    num_layers: Count = 1
    """Layers on top of each other; each reads the states of the one below."""
    bidirectional: bool = False
    """Whether a second network reads from the end, its states joined to the first's."""
    pooling: Literal["last", "mean", "max"] = "last"
    """Text vector: the state after the last token, or all states pooled."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.recipe.refuse(
            ["normalization_position"],
            "the activation is inside the cells, and a normalisation follows each layer of them",
        )


def build(config: RecurrentConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Architecture.

    Returns:
        The backbone, of `token_ids` `(batch, sequence_length)` int32. Layer `features` gives the
        text vector.
    """
    from models.layers import pooling
    from models.layers.step_mask import StepMask

    recipe = config.recipe.over(PAPER)
    token_ids = text_config.token_input(config)
    is_token = pooling.is_token(token_ids)
    mask = keras.layers.Flatten(name="mask")(is_token)
    steps = StepMask(name="steps")(token_ids)

    embedded = keras.layers.Embedding(
        config.vocabulary_size, config.embedding_dim, name="embedding"
    )(token_ids)
    embedded = blocks.drop(embedded, recipe, "embedding")

    def states(*, are_all: bool) -> keras.KerasTensor:
        """Of the last layer: all, or the last one."""
        x = embedded
        for index in range(1, config.num_layers + 1):
            is_last = index == config.num_layers and not are_all
            x = _layer(config, recipe, f"layer_{index}", has_all_states=not is_last)(x, mask=steps)
            x = transformer.normalized(x, recipe, f"layer_{index}", None if is_last else mask)
            x = blocks.drop(x, recipe, f"layer_{index}")
        return x

    x = states(are_all=config.pooling != "last")
    if config.pooling == "last":
        # A text without tokens took one step all the same.
        has_tokens = keras.layers.GlobalMaxPooling1D(name="has_tokens")(is_token)
        x = keras.layers.Multiply(name="last")([x, has_tokens])
    else:
        x = pooling.POOLINGS[config.pooling](x, is_token)
    x = keras.layers.Identity(name="features")(x)

    return Backbone(
        "recurrent",
        {"token_ids": token_ids},
        x,
        recipe_head(recipe),
        lambda: states(are_all=True),
    )


encoder = text_config.encoder
unit_encoder = unit_windows.of_pieces


def _layer(
    config: RecurrentConfig, recipe: Recipe, name: str, *, has_all_states: bool
) -> keras.layers.Layer:
    """One layer of cells in one or both directions; padding leaves the state as it is."""
    cells = {
        "simple": keras.layers.SimpleRNN,
        "lstm": keras.layers.LSTM,
        "gru": keras.layers.GRU,
    }
    layer = cells[config.cell](
        config.units,
        activation=recipes.activation_inside(recipe, f"{name}_{recipe.activation}"),
        kernel_initializer=recipes.initializer(recipe),
        kernel_regularizer=recipes.regularizer(recipe),
        recurrent_regularizer=recipes.regularizer(recipe),
        return_sequences=has_all_states,
        name=name,
    )
    if config.bidirectional:
        layer = keras.layers.Bidirectional(layer, name=name)
    cudnn.allow(layer, False)
    return layer
