"""BERT with fresh weights, of any size.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, section 3; pooling of texts: Reimers
and Gurevych (2019), https://arxiv.org/abs/1908.10084, section 3. The network, its WordPiece
tokenizer and its preset folders are KerasHub's, so that what was pre-trained is fine-tuned as any
other preset. The vocabulary is learned from the training texts.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any, Literal

import keras
import keras_hub

from models.backbone import Backbone, PieceVectors
from models.bounds import Count
from models.encoder import Encoder
from models.text import encoder_module, packing, word_pieces

_WIDER = 4
"""Units of a block's perceptron by width of a token vector."""
_TRANSFORMER_STDDEV = 0.02


@dataclasses.dataclass(frozen=True)
class BertConfig(word_pieces.WordPieceConfig):
    """Size of the network; by default that of BERT-mini."""

    kind: Literal["bert"] = "bert"
    """Name of this model."""
    num_layers: Count = 4
    """Transformer blocks; 12 in BERT-base."""
    num_heads: Count = 4
    """Attention heads; divides `hidden_dim`."""
    hidden_dim: Count = 256
    """Width of a token vector; 768 in BERT-base."""
    intermediate_dim: Count | None = None
    """Units of the hidden layer of each block's perceptron; left out: four times `hidden_dim`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden_dim % self.num_heads:
            raise ValueError(
                f"`num_heads` must divide `hidden_dim` ({self.hidden_dim}). "
                f"Received: num_heads={self.num_heads}"
            )


def build(config: BertConfig) -> Backbone:
    """Build the network with fresh weights.

    Args:
        config: Its size.

    Returns:
        The backbone, of `token_ids`, `segment_ids` and `padding_mask`, each `(batch,
        sequence_length)` int32. Layer `backbone` gives the tokens' vectors.
    """
    whole = _network(config)
    # The pooler beside the tokens' vectors would be trained by no gradient where none reads it.
    backbone = keras.Model(whole.input, whole.output["sequence_output"], name="backbone")
    inputs = {
        name: keras.Input((config.sequence_length,), dtype="int32", name=name)
        for name in ("token_ids", "segment_ids", "padding_mask")
    }

    from models.layers.trim_padding import TrimPadding

    tokens = TrimPadding(name="trim_padding")(inputs)
    vectors = backbone(tokens)
    found = packing.pooled("bert", inputs, tokens, vectors, config.pooling, config.dropout)
    of_pieces = PieceVectors(
        vectors,
        whole.token_embedding,
        lambda: whole.pooled_dense(vectors[:, 0]),
        keras.initializers.TruncatedNormal(stddev=_TRANSFORMER_STDDEV),
    )
    return dataclasses.replace(found, pieces=of_pieces)


def encoder(config: BertConfig) -> Encoder:
    """Return the encoder of one text or two.

    Raises:
        ValueError: If the tokenizer must be learned first, or its file cannot be read.
    """
    return packing.of_texts(_preprocessor(config), truncate="end")


def unit_encoder(config: BertConfig) -> Encoder:
    """Return the encoder of a text's units.

    Raises:
        ValueError: As `encoder`.
    """
    return packing.of_units(_preprocessor(config))


piece_encoder = word_pieces.encoder


def save_pretrained(config: BertConfig, model: keras.Model, folder: pathlib.Path) -> None:
    """Write what other tasks fine-tune, see `encoder_module.save_beside_preset`.

    Args:
        config: Of the model, with its `tokenizer_file`.
        model: Trained; the pooler is as fresh where no task trained it.
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


def _network(config: BertConfig) -> Any:
    return keras_hub.models.BertBackbone(
        vocabulary_size=config.vocabulary_size,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim or _WIDER * config.hidden_dim,
        dropout=config.dropout,
        max_sequence_length=config.sequence_length,
    )


def _preprocessor(config: BertConfig) -> keras.layers.Layer:
    return word_pieces.preprocessor(keras_hub.models.BertTextClassifierPreprocessor, config)
