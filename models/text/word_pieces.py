"""A WordPiece vocabulary that presets of KerasHub are made with, learned from training texts."""

from __future__ import annotations

import unicodedata

import keras_hub

from models import pieces
from models.encoder import Encoder
from models.pieces import Pieces
from models.tensor import Tensor
from models.text import config as text_config
from models.text import piece_windows, subwords

_SENTENCE_ENDS = frozenset(".!?…。！？")


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
