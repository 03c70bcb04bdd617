"""A WordPiece vocabulary that presets of KerasHub are made with, learned from training texts."""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import Annotated, Literal

import keras
import keras_hub
from annotated_types import Ge

from models import pieces
from models.bounds import Share
from models.encoder import Encoder
from models.pieces import Pieces
from models.tensor import Tensor
from models.text import config as text_config
from models.text import piece_windows, subwords

_SENTENCE_ENDS = frozenset(".!?…。！？")


@dataclasses.dataclass(frozen=True)
class WordPieceConfig(text_config.TokenizedConfig):
    """Input and text vector of a network that can be pre-trained."""

    vocabulary_size: Annotated[int, Ge(6)] = 8_000
    """Most pieces, the five special ones included; training replaces it by the number that the
    data, or `tokenizer_file`, really has."""
    sequence_length: Annotated[int, Ge(8)] = 128
    """Tokens that are read at once, special ones included; BERT can read no longer texts later."""
    tokenizer: Literal["wordpiece"] = "wordpiece"
    """Pieces of words, learned from the training texts."""
    dropout: Share = 0.1
    """Rate of all dropout, in [0, 1)."""
    pooling: Literal["mean", "cls"] = "mean"
    """Text vector: mean over the tokens, or the vector of the first token."""


def preprocessor(
    kind: type[keras_hub.models.TextClassifierPreprocessor], config: WordPieceConfig
) -> keras.layers.Layer:
    """What makes inputs of texts.

    Args:
        kind: Its class.
        config: Of the model.

    Raises:
        ValueError: As `tokenizer`.
    """
    return kind(
        tokenizer(config),
        sequence_length=config.sequence_length,
        # As for presets: the other way's operation is unknown to TensorFlow Serving before 2.20.
        truncate="waterfall",
    )


def tokenizer(config: text_config.TokenizedConfig) -> keras_hub.models.BertTokenizer:
    """The tokenizer of a model, with its `tokenizer_file`.

    Raises:
        ValueError: If it must be learned first, cannot be read, or lacks the special pieces.
    """
    path = config.tokenizer_file
    names = subwords.pieces(path)
    if tuple(names[: len(pieces.SPECIAL)]) != pieces.SPECIAL:
        raise ValueError(
            f"The tokenizer file {path} does not begin with the special pieces of models that are "
            f"pre-trained, {', '.join(pieces.SPECIAL)}. Received: "
            f"{', '.join(names[: len(pieces.SPECIAL)])}. Give the file of another such training, "
            "or leave out `tokenizer_file` to learn one."
        )
    return keras_hub.models.BertTokenizer(vocabulary=names, lowercase=config.lowercase)


def encoder(config: text_config.TokenizedConfig) -> Encoder:
    """Return the encoder to windows of pieces, of which a text may have several.

    Raises:
        ValueError: As `tokenizer`.
    """
    import tensorflow as tf
    import tensorflow_text as tf_text

    found = tokenizer(config)
    names = tuple(found.get_vocabulary())
    marks = tf.constant([_mark(name) for name in names], tf.uint8)

    # Outside a graph KerasHub gives Python's lists.
    @tf.function
    def split(texts: Tensor) -> Tensor:
        return tf.cast(found(tf_text.normalize_utf8(texts, "NFC")), tf.int32)

    return piece_windows.encoder(
        Pieces(
            names,
            split,
            lambda ids: piece_windows.cut(ids, config.sequence_length - pieces.AROUND),
            lambda ids: tf.gather(marks, ids),
            config.sequence_length,
        ),
        (found,),
    )


def _mark(name: str) -> int:
    """What is known of a piece by its name alone."""
    if name.startswith("##"):
        return pieces.CONTINUES
    return pieces.ENDS if unicodedata.normalize("NFC", name) in _SENTENCE_ENDS else 0
