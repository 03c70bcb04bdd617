"""Texts in pairs, one to read and one to write: fields, tokens and the way back to texts.

Pieces of words are learned from the training texts, see `models/text/subwords.py`. Two ids more
than there are pieces: one stands before the first piece of a text, one after the last.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import keras
from annotated_types import Ge

from models.backbone import Backbone, recipe_head
from models.bounds import NotEmpty, Probability
from models.encoder import Encoder
from models.recipe import Recipe
from models.tensor import Tensor
from models.writer import State, Writer

SOURCE, TARGET = "source_ids", "target_ids"
"""Inputs of the models: of what is read `(batch, sequence_length)`, of what is written `(batch,
target_length + 1)` int32."""
MEMORY, MASK = "memory", "memory_mask"
"""Layers with the vectors of what is read, `(batch, read, dim)`, and its mask `(batch, read)`."""
_WRITTEN, _UNTIED = "embedding", "untied_logits"
_SIGNS = 2
_UNKNOWN = 1
_END = "</s>"


@dataclasses.dataclass(frozen=True)
class ParallelConfig:
    """Tokens of a model that reads one text and writes another."""

    vocabulary_size: Annotated[int, Ge(3)] = 8_000
    """Most pieces of words, padding (0) and the unknown piece (1) included, of both texts together,
    or, if `vocabulary` is `separate`, of those that are read; training replaces it by what the data
    really has."""
    target_vocabulary_size: Annotated[int, Ge(3)] = 8_000
    """The same of those that are written, if `vocabulary` is `separate`."""
    vocabulary: Literal["shared", "separate"] = "shared"
    """Whether both texts have the same pieces, which lets names be copied, or each its own."""
    tokenizer: Literal["bpe", "unigram"] = "bpe"
    """How pieces are learned from the training texts, both by SentencePiece."""
    lowercase: bool = False
    """Whether case is folded; what is written then has none."""
    sequence_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is read, its end included; longer ones are cut."""
    target_length: Annotated[int, Ge(2)] = 128
    """Tokens of a text that is written, its end included; longer ones are cut in training, and
    answers have no more."""
    tokenizer_file: NotEmpty | None = None
    """Learned pieces to use instead of learning them, relative to the YAML; training fills it
    in."""
    target_tokenizer_file: NotEmpty | None = None
    """The same of those that are written, if `vocabulary` is `separate`."""
    teacher_forcing: Probability = 1.0
    """Share of the tokens before each one, in training, that are the right ones; the others are
    what the model itself would write. Duckworth et al. (2019), https://arxiv.org/abs/1906.04331."""
    tied: bool = True
    """Whether the logits are made with the embedding of what is written, without a bias."""
    recipe: Recipe = Recipe()
    """Initializer, activation, dropout and penalties; what is left out is the paper's."""

    def __post_init__(self) -> None:
        separate = {
            name: getattr(self, name)
            for name in ("target_vocabulary_size", "target_tokenizer_file")
            if getattr(self, name) != getattr(ParallelConfig, name)
        }
        if self.vocabulary == "shared" and separate:
            received = ", ".join(f"{name}={value!r}" for name, value in separate.items())
            raise ValueError(
                "`vocabulary: shared` has one set of pieces for both texts, which `vocabulary_size`"
                f" and `tokenizer_file` are about. Received: {received}. Leave it out, or choose "
                "`vocabulary: separate`."
            )
        self.recipe.refuse(
            ["normalization", "normalization_position"], "these networks normalise in one way"
        )

    @property
    def rows_read(self) -> int:
        """Ids of what is read, those that stand before and after included."""
        return self.vocabulary_size + _SIGNS

    @property
    def rows_written(self) -> int:
        """Ids of what is written."""
        if self.vocabulary == "shared":
            return self.rows_read
        return self.target_vocabulary_size + _SIGNS


def require_tokenizer(config: ParallelConfig, path: str) -> None:
    """Refuse learned pieces that are not there.

    Args:
        config: Of the model.
        path: One of its files, absolute.

    Raises:
        ValueError: If there is no such file.
    """
    if not pathlib.Path(path).is_file():
        raise ValueError(
            f"there is no file {path}. Expected: pieces that a training with `tokenizer: "
            f"{config.tokenizer}` wrote, absolute or relative to the YAML. Correct the path, or "
            "leave it out to learn them."
        )


class Ids(NamedTuple):
    """Inputs of a model, cut to the longest text of the batch."""

    inputs: dict[str, Tensor]
    """Whole, by name."""
    source: Tensor
    """`(batch, read)` int32."""
    source_mask: Tensor
    """Same shape, 0 at padding."""
    before: Tensor
    """What is before each token that is written, `(batch, written)` int32."""


def ids(config: ParallelConfig) -> Ids:
    """The inputs of a model."""
    source = keras.Input((config.sequence_length,), dtype="int32", name=SOURCE)
    target = keras.Input((config.target_length + 1,), dtype="int32", name=TARGET)
    is_read = keras.ops.cast(keras.ops.not_equal(source, 0), "int32")
    read = _trimmed("trim_source", {"token_ids": source, "padding_mask": is_read})
    shifted = {"token_ids": target[:, :-1], "padding_mask": target[:, 1:]}
    written = _trimmed("trim_target", shifted)
    inputs = {SOURCE: source, TARGET: target}
    return Ids(inputs, read["token_ids"], read["padding_mask"], written["token_ids"])


class Embeddings(NamedTuple):
    """The way from tokens to vectors, and back."""

    source: Callable[[Tensor], Tensor]
    """Ids of what is read to vectors."""
    target: Callable[[Tensor], Tensor]
    """Ids of what is written to vectors."""
    logits: Callable[[Tensor], Tensor]
    """Vectors to float32 logits of what is written."""


def embeddings(config: ParallelConfig, dim: int) -> Embeddings:
    """Fresh ones.

    Args:
        config: Of the model.
        dim: Of a vector.
    """

    def embedding(rows: int, name: str) -> keras.layers.Layer:
        return keras.layers.ReversibleEmbedding(
            rows,
            dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=dim**-0.5),
            reverse_dtype="float32",
            name=name,
        )

    target = embedding(config.rows_written, _WRITTEN)
    is_shared = config.vocabulary == "shared"
    source = target if is_shared else embedding(config.rows_read, "source_embedding")
    untied = keras.layers.Dense(config.rows_written, dtype="float32", name=_UNTIED)
    return Embeddings(source, target, _back(target) if config.tied else untied)


def trained(
    config: ParallelConfig, model: keras.Model
) -> tuple[keras.layers.Layer, Callable[[Tensor], Tensor]]:
    """The embedding of what a model writes, and the way from its vectors to logits."""
    target = model.get_layer(_WRITTEN)
    return target, _back(target) if config.tied else model.get_layer(_UNTIED)


def _back(target: keras.layers.Layer) -> Callable[[Tensor], Tensor]:
    return lambda x: target(x, reverse=True)


def taught(
    name: str,
    config: ParallelConfig,
    given: Ids,
    written: Callable[[Tensor], Tensor],
    logits: Callable[[Tensor], Tensor],
    recipe: Recipe,
) -> Backbone:
    """A network that is told what is before each token; perhaps some of it by itself.

    Args:
        name: Of the network.
        config: Of the model.
        given: Its inputs.
        written: What is before each token to the vector that the token is chosen by.
        logits: From that vector.
        recipe: With nothing left out.
    """
    from models.layers.scheduled_sampling import ScheduledSampling

    before = given.before
    if config.teacher_forcing < 1:
        sampling = ScheduledSampling(1 - config.teacher_forcing, name="scheduled_sampling")
        before = sampling(before, logits(written(before)))
    x = keras.layers.Identity(name="features")(written(before))
    return Backbone(name, given.inputs, x, recipe_head(recipe), decoder=logits(x))


def _trimmed(name: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    from models.layers.trim_padding import TrimPadding

    return TrimPadding(multiple=1, name=name)(tensors)


def encoder(config: ParallelConfig) -> Encoder:
    """Return the encoder of `text`, `(batch,)` string; targets are texts of the same shape.

    Raises:
        ValueError: If pieces must be learned first, or their file cannot be read.
    """
    import tensorflow as tf

    reading, writing = _tokenizers(config)
    written = config.rows_written - _SIGNS

    def with_end(pieces: Tensor, size: int, length: int) -> Tensor:
        end = tf.fill([pieces.nrows(), 1], size + 1)
        return tf.concat([pieces, end], axis=1).to_tensor(shape=[None, length])

    # Outside a graph KerasHub's tokenizers give Python's lists.
    @tf.function(autograph=False)
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        pieces = reading(features["text"])[:, : config.sequence_length - 1]
        return {SOURCE: with_end(pieces, config.vocabulary_size, config.sequence_length)}

    @tf.function(autograph=False)
    def learned(inputs: dict[str, Tensor], texts: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        pieces = writing(texts)
        whole = tf.concat([tf.fill([pieces.nrows(), 1], written), pieces], axis=1)
        # A text that is too long has no end: its last piece is not the last one.
        ids = with_end(whole, written, config.target_length + 1)
        return {**inputs, TARGET: ids}, ids[:, 1:]

    def lengths(inputs: dict[str, Tensor]) -> Tensor:
        counts = [tf.math.count_nonzero(inputs[name], axis=1) for name in (TARGET, SOURCE)]
        return tf.stack(counts, axis=1)

    return Encoder(
        encode, (reading, writing), learned=learned, written=config.rows_written, lengths=lengths
    )


def writer(
    config: ParallelConfig,
    encoder: Encoder,
    read: Callable[[dict[str, Tensor]], tuple[State, State]],
    step: Callable[[Tensor, Tensor, State, State], tuple[Tensor, State, Tensor]],
) -> Writer:
    """What a model of these tokens is decoded by.

    Args:
        config: Of the model.
        encoder: Of the model.
        read: See `Writer`.
        step: See `Writer`.
    """
    import tensorflow as tf

    reading, writing = encoder.trackable
    begin = config.rows_written - _SIGNS
    return Writer(
        read=read,
        step=step,
        begin=begin,
        end=begin + 1,
        never=(0, _UNKNOWN, begin),
        longest=config.target_length,
        sizes=lambda inputs: tf.math.count_nonzero(inputs[SOURCE], axis=1, dtype=tf.int32),
        text=writing.detokenize,
        pieces=_names(writing),
        pieces_read=lambda inputs: _names(reading)(inputs[SOURCE]),
    )


def reader(model: keras.Model, names: Sequence[str]) -> Callable[[dict[str, Tensor]], list[Tensor]]:
    """A trained model up to the outputs of some layers, which depend on what is read alone."""
    outputs = [model.get_layer(name).output for name in names]
    part = keras.Model(model.input[SOURCE], outputs, name="reader")

    def read(inputs: dict[str, Tensor]) -> list[Tensor]:
        found = part(inputs[SOURCE], training=False)
        # Keras gives the only one of a list by itself.
        return found if isinstance(found, list) else [found]

    return read


def _names(tokenizer: Any) -> Callable[[Tensor], Tensor]:
    import tensorflow as tf

    words = tf.constant([*tokenizer.get_vocabulary(), "", _END])
    return lambda ids: tf.gather(words, ids)


def _tokenizers(config: ParallelConfig) -> tuple[Any, Any]:
    """Of what is read, and of what is written."""
    from models.text import subwords

    def load(path: str | None) -> Any:
        return subwords.load(config.tokenizer, path, None, lowercase=config.lowercase)

    reading = load(config.tokenizer_file)
    if config.vocabulary == "shared":
        return reading, reading
    return reading, load(config.target_tokenizer_file)
