"""Pretrained networks that read a text and write another, fine-tuned: the families T5 and BART.

Sources: Raffel et al. (2019), "T5", https://arxiv.org/abs/1910.10683 (one network for many tasks,
told apart by the words before each text); Lewis et al. (2019), "BART",
https://arxiv.org/abs/1910.13461. Layers, weights and pieces are KerasHub's, see
`models/text/encoder_decoder.py`.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import keras
import keras_hub
from annotated_types import Ge

from models.backbone import Backbone
from models.bounds import NotEmpty
from models.encoder import Encoder
from models.text import encoder_decoder, presets
from models.writer import Writer

_FAMILIES = (encoder_decoder.T5, "Bart")
"""Of KerasHub: names of classes begin with them."""


@dataclasses.dataclass(frozen=True)
class PretrainedSeq2seqConfig:
    """Which pretrained network reads and writes; all of it is trained."""

    kind: Literal["pretrained_seq2seq"] = "pretrained_seq2seq"
    """Name of this model."""
    preset: Annotated[NotEmpty, "Example: `preset: t5_small_multi`"] = "t5_small_multi"
    """A KerasHub preset name, a handle such as hf://organisation/model, or a folder, relative to
    the YAML; of T5 or BART."""
    sequence_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is read, its signs included; longer ones are cut."""
    target_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is written, its end included; longer ones are cut in training, and
    answers have no more."""


def build(config: PretrainedSeq2seqConfig) -> Backbone:
    """Build the network with the preset's weights.

    Args:
        config: Preset and lengths.

    Returns:
        The backbone, of `source_ids` `(batch, sequence_length)` and `target_ids` `(batch,
        target_length + the signs before a text)` int32. Layer `features` gives the vector that each
        token is chosen by; layer `backbone` is the preset's network.

    Raises:
        ValueError: If the preset cannot be loaded, is of another family or reads fewer tokens.
    """
    signs = encoder_decoder.Signs(_tokenizer(config))
    lengths = config.sequence_length, config.target_length + len(signs.before)
    return encoder_decoder.taught("pretrained_seq2seq", _network(config), signs.padding, lengths)


def encoder(config: PretrainedSeq2seqConfig) -> Encoder:
    """Return the encoder of `text`, `(batch,)` string; targets are texts of the same shape.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    lengths = encoder_decoder.Lengths(config.sequence_length, config.target_length)
    return encoder_decoder.encoder(_tokenizer(config), lengths)


def writer(config: PretrainedSeq2seqConfig, model: keras.Model, encoder: Encoder) -> Writer:
    """How a trained model writes.

    Args:
        config: Of the model.
        model: What `build` gave, with a head, and trained.
        encoder: Of the model.
    """
    (tokenizer,) = encoder.trackable
    return encoder_decoder.writer(model, tokenizer, config.target_length)


def _network(config: PretrainedSeq2seqConfig) -> keras.Model:
    backbone = presets.load(
        keras_hub.models.Backbone.from_preset,
        config.preset,
        # A preset remembers its dtype; the training's counts.
        dtype=keras.config.dtype_policy().name,
        name=encoder_decoder.NETWORK,
    )
    _require_family(config, backbone)
    longest = getattr(backbone, "max_sequence_length", None)
    for field in ("sequence_length", "target_length"):
        if longest is not None and getattr(config, field) >= longest:
            raise ValueError(
                f"The preset {config.preset!r} has {longest} places, one of them for a sign. "
                f"Received: {field}={getattr(config, field)}"
            )
    return backbone


def _require_family(config: PretrainedSeq2seqConfig, part: Any) -> None:
    name = type(part).__name__
    if name not in {
        f"{family}{kind}" for family in _FAMILIES for kind in ("Backbone", "Tokenizer")
    }:
        raise ValueError(
            f"The preset {config.preset!r} is of no family that reads and writes: expected T5 or "
            f"BART. Received: {name}. Choose another `preset`."
        )


def _tokenizer(config: PretrainedSeq2seqConfig) -> Any:
    tokenizer = presets.load(keras_hub.models.Tokenizer.from_preset, config.preset)
    _require_family(config, tokenizer)
    return tokenizer
