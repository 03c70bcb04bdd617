"""Classifier on top of a pretrained text encoder, pooled and linear.

The families of KerasHub that prepare texts for a classifier and mark padding: BERT, ALBERT,
DeBERTa V3, DistilBERT, RoBERTa, XLM-RoBERTa.

Sources: Devlin et al. (2018), "BERT", https://arxiv.org/abs/1810.04805, section 4
(linear head on a pooled vector), and Reimers and Gurevych (2019), "Sentence-BERT",
https://arxiv.org/abs/1908.10084, section 3 (mean pooling). What a long text loses: Sun et al.
(2019), https://arxiv.org/abs/1905.05583, section 5.3.1. Difference from BERT: `cls` takes the last
layer's first vector without the pre-trained `tanh` pooler, which many published checkpoints lack.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Literal

import keras
import keras_hub
from annotated_types import Ge

from models.backbone import Backbone
from models.bounds import NotEmpty, Share
from models.encoder import Encoder
from models.finetuning import trainable
from models.finetuning.config import FineTuned
from models.tensor import Tensor
from models.text import presets, segments, unit_windows

_INPUTS = {"token_ids", "padding_mask", "segment_ids"}
_SPECIAL = 2
"""Tokens that every preset puts around a text: its first and its last."""
_SPECIAL_OF_PAIRS = 4
"""Tokens that a preset puts around and between two texts, at most: RoBERTa's are four."""


@dataclasses.dataclass(frozen=True)
class PretrainedTextConfig(FineTuned):
    """Which pretrained encoder is used and how it is fine-tuned."""

    kind: Literal["pretrained_text"] = "pretrained_text"
    """Name of this model."""
    preset: Annotated[NotEmpty, "Example: `preset: minilm`"] = "minilm"
    """`minilm` (installed, needs no network), a KerasHub preset name, a handle such as
    hf://organisation/model, or a folder, relative to the YAML; of BERT, ALBERT, DeBERTa V3,
    DistilBERT, RoBERTa or XLM-RoBERTa."""
    sequence_length: Annotated[int, Ge(3), "Two of the tokens are special."] = 128
    """Input length in the preset's tokens, its special tokens included; longer texts are cut."""
    truncate: Literal["end", "middle"] = "end"
    """What a longer text loses: its end, or its middle, so that a quarter of the tokens read are
    its first and the others its last. Reviews and letters tend to judge in their last lines."""
    pooling: Literal["mean", "cls"] = "mean"
    """Text vector: mean over the tokens, or the vector of the first token."""
    dropout: Share = 0.1
    """Rate applied to the text vector, in [0, 1)."""


def build(config: PretrainedTextConfig) -> Backbone:
    """Build the network with the preset's weights.

    Args:
        config: Preset and fine-tuning.

    Returns:
        The backbone, of `token_ids`, `padding_mask` and, for some presets, `segment_ids`, each
        `(batch, sequence_length)`. Layer `features` gives the pooled text vector; layer `backbone`
        is the encoder.

    Raises:
        ValueError: If the preset cannot be loaded or is no text encoder, if it cannot read
            `sequence_length` tokens, has fewer than `trainable_layers` layers or none of those that
            `lora` names.
    """
    backbone = _token_vectors(
        presets.load(
            keras_hub.models.Backbone.from_preset,
            config.preset,
            # A preset remembers its dtype; the training's counts.
            dtype=keras.config.dtype_policy().name,
        ),
        config,
    )
    inputs = {
        name: keras.Input((config.sequence_length,), dtype=tensor.dtype, name=name)
        for name, tensor in _inputs(backbone).items()
    }

    from models.layers.trim_padding import TrimPadding

    tokens = TrimPadding(name="trim_padding")(inputs)
    vectors = trainable.prepare(backbone, config)(tokens)
    x = vectors
    if config.pooling == "mean":
        x = keras.layers.GlobalAveragePooling1D(name="pool")(x, mask=tokens["padding_mask"])
    else:
        x = x[:, 0]
    x = keras.layers.Identity(name="features")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)

    return Backbone(
        "pretrained_text",
        inputs,
        x,
        tokens=lambda: keras.layers.Dropout(config.dropout, name="token_dropout")(vectors),
    )


def encoder(config: PretrainedTextConfig) -> Encoder:
    """Return the encoder: the preset's own tokenizer over `text` `(batch,)` string.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    import tensorflow as tf

    preprocessor = _preprocessor(config)
    _pack_ends(preprocessor, config)

    # Outside a graph KerasHub packs Python's lists.
    @tf.function
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        texts = segments.texts(features)
        # Not `preprocessor(...)`, which takes the second text for labels.
        inputs = preprocessor.call(tuple(texts))
        # The mask comes as booleans, but KerasHub's backbones declare it as integers.
        return {name: keras.ops.cast(value, "int32") for name, value in inputs.items()}

    return Encoder(encode, (preprocessor,))


def unit_encoder(config: PretrainedTextConfig) -> Encoder:
    """Return the encoder of a text's units: each is split by the preset's own tokenizer.

    Raises:
        ValueError: If the preset cannot be loaded.
    """
    import tensorflow as tf

    preprocessor = _preprocessor(config)
    preprocessor.build(None)
    tokenizer = preprocessor.tokenizer
    # Byte-pair encodings tell by the space before it that a word begins.
    prefix = " " if isinstance(tokenizer, keras_hub.tokenizers.BytePairTokenizer) else ""

    def pieces(units: Tensor) -> Tensor:
        return tf.cast(tokenizer(tf.strings.join([prefix, units])), tf.int32)

    def pack(ids: tuple[Tensor, ...]) -> dict[str, Tensor]:
        token_ids, segment_ids = preprocessor.packer(ids)
        inputs = {
            "token_ids": token_ids,
            "padding_mask": token_ids != tokenizer.pad_token_id,
            "segment_ids": segment_ids,
        }
        return {name: tf.cast(inputs[name], tf.int32) for name in reads}

    # Some families read no segments.
    reads = tuple(preprocessor.call((tf.constant(["a"]),)))
    return unit_windows.encoder(
        unit_windows.Pieces(
            pieces,
            _unknown_id(tokenizer),
            config.sequence_length - _SPECIAL,
            lead=1,
            between=_between(preprocessor),
        ),
        pack,
        config.sequence_length,
        (preprocessor,),
    )


def _between(preprocessor: keras.layers.Layer) -> int:
    """Tokens that a preset puts between two texts."""
    import tensorflow as tf

    padding = preprocessor.tokenizer.pad_token_id
    token = tf.ragged.constant([[padding + 1]], tf.int32)
    token_ids, _ = preprocessor.packer((token, token))
    return int(tf.math.count_nonzero(token_ids != padding)) - 2 - _SPECIAL


def _unknown_id(tokenizer: keras.layers.Layer) -> int:
    """What stands for signs that a tokenizer drops; padding where it has no such token."""
    word = getattr(tokenizer, "oov_token", None)
    if word is not None:
        return int(tokenizer.token_to_id(word))
    found = getattr(tokenizer, "unk_token_id", None)
    return int(tokenizer.pad_token_id if found is None else found)


def _preprocessor(config: PretrainedTextConfig) -> keras.layers.Layer:
    return presets.load(
        keras_hub.models.TextClassifierPreprocessor.from_preset,
        config.preset,
        sequence_length=config.sequence_length,
        # One text is cut alike either way, but the other way's operation is unknown to
        # TensorFlow Serving before 2.20.
        truncate="waterfall",
    )


def _pack_ends(preprocessor: keras.layers.Layer, config: PretrainedTextConfig) -> None:
    """Let a preprocessor leave out of texts what the config says; two share the length."""
    import tensorflow as tf

    preprocessor.build(None)
    pack = preprocessor.packer
    length = config.sequence_length - _SPECIAL
    first = length // 4

    def pack_ends(texts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        # Each `(batch, tokens)` ragged; a text that fits is put together again as it was.
        if len(texts) == 2:
            limit = config.sequence_length - _SPECIAL_OF_PAIRS
            return pack(segments.shortened(texts[0], texts[1], limit))
        if config.truncate == "middle":
            (tokens,) = texts
            texts = (tf.concat([tokens[:, :first], tokens[:, first:][:, first - length :]], 1),)
        return pack(texts)

    preprocessor.packer = pack_ends


def _token_vectors(backbone: keras.Model, config: PretrainedTextConfig) -> keras.Model:
    """Check a loaded backbone and cut what follows its token vectors."""
    names = set(_inputs(backbone))
    if not {"token_ids", "padding_mask"} <= names <= _INPUTS:
        raise ValueError(
            f"The preset {config.preset!r} is no text encoder that can be told what is padding: "
            "expected the inputs token_ids and padding_mask, and perhaps segment_ids. Received: "
            f"{sorted(names)}. Choose another `preset`."
        )
    longest = getattr(backbone, "max_sequence_length", None)
    if longest is not None and config.sequence_length > longest:
        raise ValueError(
            f"The preset {config.preset!r} reads at most {longest} tokens. "
            f"Received: sequence_length={config.sequence_length}"
        )
    outputs = backbone.output
    if isinstance(outputs, dict):
        # The pooler that BERT has beside it would be trained by no gradient.
        outputs = outputs["sequence_output"]
    return keras.Model(_inputs(backbone), outputs, name="backbone")


def _inputs(backbone: keras.Model) -> dict[str, keras.KerasTensor]:
    return {tensor.name: tensor for tensor in backbone.inputs}


def require_preset(config: PretrainedTextConfig, preset: str) -> None:
    """Refuse a preset that is neither published nor a folder, without loading it.

    Args:
        config: Of the model.
        preset: Its `preset`, or one that a search tries; a folder's path is absolute.

    Raises:
        ValueError: If there is no such preset.
    """
    del config
    presets.resolve(preset)
