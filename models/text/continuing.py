"""Texts to be continued: fields, tokens, windows and the way back to texts.

Pieces of words are learned from the training texts, see `models/text/subwords.py`, and give them
back byte by byte, so that models with other pieces can be compared by bits per byte. One sign ends
a text and stands before the next, as in GPT-2: Radford et al. (2019), "Language Models are
Unsupervised Multitask Learners".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal

import keras
from annotated_types import Ge

from models import pieces
from models.backbone import Backbone, NextVectors
from models.bounds import NotEmpty, Share
from models.encoder import Encoder
from models.pieces import Pieces
from models.tensor import Tensor
from models.text import piece_windows
from models.writer import State, Writer

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
"""The first pieces, in the order of `models.pieces.SPECIAL`."""
_EMBEDDING = "token_embedding"
_BYTES = 256


@dataclasses.dataclass(frozen=True)
class ContinuingConfig:
    """Tokens of a model that tells what follows."""

    vocabulary_size: Annotated[int, Ge(len(SPECIAL) + _BYTES)] = 8_000
    """Most pieces, four special ones and one for each byte included; training replaces it by the
    number that the data, or `tokenizer_file`, really has."""
    sequence_length: Annotated[int, Ge(4)] = 128
    """Tokens that are read at once; a continuation has half of them at most."""
    tokenizer: Literal["bpe", "unigram"] = "bpe"
    """How pieces are learned from the training texts, both by SentencePiece."""
    tokenizer_file: NotEmpty | None = None
    """Learned pieces to use instead of learning them, relative to the YAML; training fills it
    in."""

    @property
    def lowercase(self) -> bool:
        """Never: what is written has capitals."""
        return False


@dataclasses.dataclass(frozen=True)
class NetworkConfig(ContinuingConfig):
    """The same of a network that gradients train."""

    dropout: Share = 0.1
    """Rate of all dropout, in [0, 1)."""


def inputs(config: ContinuingConfig) -> dict[str, Any]:
    """What a model reads."""
    return {
        name: keras.Input((config.sequence_length,), dtype="int32", name=name)
        for name in ("token_ids", "padding_mask")
    }


def taught(
    name: str, given: dict[str, Any], tokens: dict[str, Any], vectors: Any, embedding: Any
) -> Backbone:
    """A network that is told what is before each token.

    Args:
        name: Of the network.
        given: Its inputs.
        tokens: The same without padding that no text of a batch needs.
        vectors: States that saw a token and those before it.
        embedding: `ReversibleEmbedding` of the tokens.
    """
    found = NextVectors(vectors, lambda x: embedding(x, reverse=True), **tokens)
    return Backbone(name, given, vectors[:, -1], continuation=found)


def embedding(config: ContinuingConfig, dim: int, stddev: float) -> keras.layers.Layer:
    """Of the tokens; logits are made with it, too, without a bias."""
    return keras.layers.ReversibleEmbedding(
        config.vocabulary_size,
        dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=stddev),
        reverse_dtype="float32",
        name=_EMBEDDING,
    )


def trimmed(given: dict[str, Any]) -> dict[str, Any]:
    """Inputs without padding that no text of a batch needs."""
    from models.layers.trim_padding import TrimPadding

    return dict(TrimPadding(name="trim_padding")(given))


def tokenizer(config: ContinuingConfig) -> Any:
    """The learned pieces of a model.

    Raises:
        ValueError: If they must be learned first, cannot be read, or lack the special ones.
    """
    from models.text import subwords

    path = config.tokenizer_file
    found = subwords.load(config.tokenizer, path, None, lowercase=False)
    names = tuple(found.get_vocabulary()[: len(SPECIAL)])
    if names != SPECIAL:
        raise ValueError(
            f"The tokenizer file {path} does not begin with the special pieces of models that "
            f"continue texts, {', '.join(SPECIAL)}. Received: {', '.join(names)}. Give the file of "
            "another such training, or leave out `tokenizer_file` to learn one."
        )
    return found


def encoder(config: ContinuingConfig) -> Encoder:
    """Return the encoder to windows of pieces; each begins with what stands before it.

    Raises:
        ValueError: As `tokenizer`.
    """
    import tensorflow as tf

    found = tokenizer(config)

    # Outside a graph KerasHub gives Python's lists.
    @tf.function
    def split(texts: Tensor) -> Tensor:
        return tf.cast(found(texts), tf.int32)

    return piece_windows.encoder(
        Pieces(
            tuple(found.get_vocabulary()),
            split,
            lambda ids: overlapping(ids, config.sequence_length - 1),
            lambda ids: tf.zeros_like(ids, tf.uint8),
            config.sequence_length,
            around=0,
        ),
        (found,),
    )


def overlapping(ids: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Cut texts into windows that begin with what stands before them, in a graph.

    Args:
        ids: Ragged `(n, pieces)`; before a text stands what ends another.
        width: Most pieces of a window, beside the one before them.

    Returns:
        Windows, ragged `(windows, pieces)`, and the text that each is of, `(windows,)` int64.
    """
    import tensorflow as tf

    windows, owners = piece_windows.cut(ids, width)
    starts = windows.row_starts()
    before = tf.concat([[0], tf.cast(ids.flat_values, tf.int32)], 0)
    is_first = tf.concat([[True], owners[1:] != owners[:-1]], 0)[: tf.size(owners)]
    leads = tf.where(is_first, pieces.SEPARATOR, tf.gather(before, starts))
    return tf.concat([leads[:, None], windows], 1), owners


def writer(
    config: ContinuingConfig,
    encoder: Encoder,
    read: Callable[[Tensor, Tensor], State],
    step: Callable[[Tensor, State], tuple[Tensor, State]],
) -> Writer:
    """What a model of these tokens is decoded by.

    Args:
        config: Of the model.
        encoder: Of the model.
        read: Tokens `(n, length)` of which the last is not read yet, filled up with 0, and their
            numbers `(n,)`, to the state before the last, each `(n, ...)`.
        step: A token `(n, k)` and the state before it, each `(n, k, ...)`, to logits of the next
            one `(n, k, pieces)` and the state after it.
    """
    import tensorflow as tf

    (tokens,) = encoder.trackable
    names = tf.constant(tokens.get_vocabulary())

    def sizes(given: dict[str, Tensor]) -> Tensor:
        return tf.math.count_nonzero(given["token_ids"], axis=1, dtype=tf.int32)

    def begin(given: dict[str, Tensor]) -> tuple[State, State]:
        ids, lasts = given["token_ids"], sizes(given) - 1
        last = tf.gather(ids, lasts, batch_dims=1)
        return {}, {"last": last[:, None], **read(ids, lasts)}

    def go_on(ids: Tensor, place: Tensor, kept: State, state: State) -> tuple[Any, State, Any]:
        del kept
        last = state["last"]
        # What was read ends in a token of its own for each text.
        ids = tf.where(place == 0, last[..., 0], ids)
        logits, after = step(ids, {name: state[name] for name in state if name != "last"})
        return logits, {"last": last, **after}, tf.zeros((*tf.unstack(tf.shape(ids)), 0))

    return Writer(
        read=begin,
        step=go_on,
        begin=pieces.SEPARATOR,
        end=pieces.SEPARATOR,
        never=(pieces.PADDING, pieces.UNKNOWN, pieces.FIRST),
        longest=config.sequence_length // 2 + 1,
        sizes=sizes,
        text=lambda ids: _readable(tokens.detokenize(ids)),
        pieces=lambda ids: tf.gather(names, ids),
        pieces_read=lambda given: tf.gather(names, given["token_ids"]),
    )


def trained_embedding(model: keras.Model) -> keras.layers.Layer:
    """Of a trained model."""
    return model.get_layer(_EMBEDDING)


def _readable(texts: Tensor) -> Tensor:
    """UTF-8: a continuation may end within a character, or be spelled in bytes that are none."""
    import tensorflow as tf

    return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
