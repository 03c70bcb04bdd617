"""What BERT's kin have in common around the encoder: how texts come in, how vectors go out.

KerasHub's preprocessors split texts and pack them between special tokens; Devlin et al. (2018),
https://arxiv.org/abs/1810.04805, section 3. What a long text loses: Sun et al. (2019),
https://arxiv.org/abs/1905.05583, section 5.3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
import keras_hub

from models.backbone import Backbone
from models.encoder import Encoder
from models.tensor import Tensor
from models.text import segments, unit_windows

Pooling = Literal["mean", "cls", "last"]
"""What stands for a text: the mean of its tokens' vectors, that of the first, or of the last."""
_SPECIAL = 2
"""Tokens that are put around a text: its first and its last."""
_SPECIAL_OF_PAIRS = 4
"""Tokens that are put around and between two texts, at most: RoBERTa's are four."""


def pooled(
    name: str,
    inputs: dict[str, Any],
    tokens: Mapping[str, Any],
    vectors: Any,
    pooling: Pooling,
    dropout: float,
) -> Backbone:
    """The backbone of an encoder's vectors.

    Args:
        name: Of the model.
        inputs: That it reads, each `(batch, sequence_length)`.
        tokens: Those that the encoder got, `padding_mask` among them.
        vectors: Of the tokens, `(batch, length, dim)`.
        pooling: Text vector: mean over the tokens, or the vector of the first or the last of them.
        dropout: Rate applied to what heads stand on.
    """
    x = vectors
    if pooling == "mean":
        x = keras.layers.GlobalAveragePooling1D(name="pool")(x, mask=tokens["padding_mask"])
    elif pooling == "cls":
        x = x[:, 0]
    else:
        last = keras.ops.sum(keras.ops.cast(tokens["padding_mask"], "int32"), axis=1) - 1
        x = keras.ops.take_along_axis(x, last[:, None, None], axis=1)[:, 0]
    x = keras.layers.Identity(name="features")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    return Backbone(
        name,
        inputs,
        x,
        tokens=lambda: keras.layers.Dropout(dropout, name="token_dropout")(vectors),
    )


def of_texts(preprocessor: keras.layers.Layer, truncate: Literal["end", "middle"]) -> Encoder:
    """The encoder of `text`, and of `text_2`, if there is one, `(batch,)` string.

    Args:
        preprocessor: A `TextClassifierPreprocessor`.
        truncate: What a longer text loses; two share the length.
    """
    import tensorflow as tf

    _pack_ends(preprocessor, truncate)

    # Outside a graph KerasHub packs Python's lists.
    @tf.function
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        texts = segments.texts(features)
        # Not `preprocessor(...)`, which takes the second text for labels.
        inputs = preprocessor.call(tuple(texts))
        # The mask comes as booleans, but KerasHub's backbones declare it as integers.
        return {name: keras.ops.cast(value, "int32") for name, value in inputs.items()}

    return Encoder(encode, (preprocessor,))


def of_units(preprocessor: keras.layers.Layer) -> Encoder:
    """The encoder of a text's units: each is split by itself.

    Args:
        preprocessor: A `TextClassifierPreprocessor`.
    """
    import tensorflow as tf

    preprocessor.build(None)
    tokenizer, length = preprocessor.tokenizer, preprocessor.sequence_length
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
            length - _SPECIAL,
            lead=1,
            between=_between(preprocessor),
        ),
        pack,
        length,
        (preprocessor,),
    )


def _between(preprocessor: keras.layers.Layer) -> int:
    """Tokens that are put between two texts."""
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


def _pack_ends(preprocessor: keras.layers.Layer, truncate: Literal["end", "middle"]) -> None:
    """Let a preprocessor leave out of texts what is told; two share the length."""
    import tensorflow as tf

    preprocessor.build(None)
    pack = preprocessor.packer
    length = preprocessor.sequence_length - _SPECIAL
    first = length // 4

    def pack_ends(texts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        # Each `(batch, tokens)` ragged; a text that fits is put together again as it was.
        if len(texts) == 2:
            limit = preprocessor.sequence_length - _SPECIAL_OF_PAIRS
            return pack(segments.shortened(texts[0], texts[1], limit))
        if truncate == "middle":
            (tokens,) = texts
            texts = (tf.concat([tokens[:, :first], tokens[:, first:][:, first - length :]], 1),)
        return pack(texts)

    preprocessor.packer = pack_ends
