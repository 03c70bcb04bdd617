"""ELMo with fresh weights: language models of both directions, of any size.

Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3. The network and its
differences from the paper's: `models/text/elmo_preset.py`. It is pre-trained to tell what follows
and what came before, `models/tasks/bidirectional_language_modeling.py`; `pretrained_text` then
reads what it wrote as any other preset, with `layers: mixed`.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Annotated, Any, Literal

import keras
from annotated_types import Ge

from models.backbone import Backbone, DirectionVectors
from models.bounds import Count, Share
from models.encoder import Encoder
from models.text import config as text_config
from models.text import encoder_module, packing, word_pieces


@dataclasses.dataclass(frozen=True)
class ElmoConfig(text_config.TokenizedConfig):
    """Size of the network."""

    kind: Literal["elmo"] = "elmo"
    """Name of this model."""
    vocabulary_size: Annotated[int, Ge(6)] = 8_000
    """Most pieces, the five special ones included; training replaces it by the number that the
    data, or `tokenizer_file`, really has."""
    sequence_length: Annotated[int, Ge(8)] = 128
    """Tokens that are read at once, those for both ends of a text included."""
    tokenizer: Literal["wordpiece"] = "wordpiece"
    """Pieces of words, learned from the training texts."""
    num_layers: Count = 2
    """LSTMs on top of each other, per direction; 2 in the paper."""
    units: Count = 256
    """Width of an embedding and of a state, per direction; 512 in the paper, projected from
    4,096."""
    dropout: Share = 0.1
    """Rate of all dropout, in [0, 1)."""
    pooling: Literal["mean", "cls"] = "mean"
    """Text vector: mean over the tokens, or the states at its first end."""


def build(config: ElmoConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Its size.

    Returns:
        The backbone, of `token_ids` and `padding_mask`, each `(batch, sequence_length)` int32.
        Layer `backbone` gives the tokens' states.
    """
    from models.layers.trim_padding import TrimPadding

    backbone = _network(config)
    inputs = {
        name: keras.Input((config.sequence_length,), dtype="int32", name=name)
        for name in ("token_ids", "padding_mask")
    }
    tokens = TrimPadding(name="trim_padding")(inputs)
    vectors = backbone(tokens)
    found = packing.pooled("elmo", inputs, tokens, vectors, config.pooling, config.dropout)
    directions = DirectionVectors(vectors, backbone.token_embedding, **tokens)
    return dataclasses.replace(found, directions=directions)


def encoder(config: ElmoConfig) -> Encoder:
    """Return the encoder of one text or two.

    Raises:
        ValueError: If the tokenizer must be learned first, or its file cannot be read.
    """
    return packing.of_texts(_preprocessor(config), truncate="end")


def unit_encoder(config: ElmoConfig) -> Encoder:
    """Return the encoder of a text's units.

    Raises:
        ValueError: As `encoder`.
    """
    return packing.of_units(_preprocessor(config))


piece_encoder = word_pieces.encoder


def save_pretrained(config: ElmoConfig, model: keras.Model, folder: pathlib.Path) -> None:
    """Write what other tasks fine-tune, see `encoder_module.save_beside_preset`.

    Args:
        config: Of the model, with its `tokenizer_file`.
        model: Trained.
        folder: To be made.
    """
    weights = model.get_layer("backbone").get_weights()
    whole = _network(config)
    whole.set_weights(weights)
    vectors = build(config)
    network = keras.Model(vectors.inputs, vectors.vector)
    network.get_layer("backbone").set_weights(weights)
    tokenizer = word_pieces.tokenizer(config)
    encoder_module.save_beside_preset(whole, tokenizer, encoder(config), network, folder)


def _network(config: ElmoConfig) -> Any:
    from models.text import elmo_preset

    return elmo_preset.ElmoBackbone(
        vocabulary_size=config.vocabulary_size,
        num_layers=config.num_layers,
        units=config.units,
        dropout=config.dropout,
        name="backbone",
    )


def _preprocessor(config: ElmoConfig) -> keras.layers.Layer:
    from models.text import elmo_preset

    return elmo_preset.ElmoTextClassifierPreprocessor(
        word_pieces.tokenizer(config),
        sequence_length=config.sequence_length,
        # As for presets: the other way's operation is unknown to TensorFlow Serving before 2.20.
        truncate="waterfall",
    )
