"""ELMo with fresh weights: language models of both directions, of any size.

Source: Peters et al. (2018), https://arxiv.org/abs/1802.05365, section 3. The network and its
differences from the paper's: `models/text/elmo_preset.py`. It is pre-trained to tell what follows
and what came before, `models/tasks/bidirectional_language_modeling.py`; `pretrained_text` then
reads what it wrote as any other preset, with `layers: mixed`.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any, Literal

import keras

from models.backbone import Backbone, DirectionVectors
from models.bounds import Count
from models.encoder import Encoder
from models.text import encoder_module, packing, word_pieces


@dataclasses.dataclass(frozen=True)
class ElmoConfig(word_pieces.WordPieceConfig):
    """Size of the network."""

    kind: Literal["elmo"] = "elmo"
    """Name of this model."""
    num_layers: Count = 2
    """LSTMs on top of each other, per direction; 2 in the paper."""
    units: Count = 256
    """Width of an embedding and of a state, per direction; 512 in the paper, projected from
    4,096."""


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
    encoder_module.save_beside_preset(
        model,
        _network(config),
        build(config),
        word_pieces.tokenizer(config),
        encoder(config),
        folder,
    )


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

    return word_pieces.preprocessor(elmo_preset.ElmoTextClassifierPreprocessor, config)
