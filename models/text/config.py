"""Fields and input that every text model built from scratch has."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Annotated, Any, Literal

import keras
from annotated_types import Ge

from models.bounds import Count, NotEmpty
from models.encoder import Encoder
from models.recipe import Recipe
from models.tensor import Tensor
from models.text import segments

Tokenizer = Literal["words", "characters", "wordpiece", "bpe", "unigram"]
UNLEARNED = ("words", "characters")
"""Tokenizers whose tokens are counted and numbered before any model is trained."""
COUNTED_WITH = ("vocabulary_size", "sequence_length", "tokenizer", "ngrams")
"""Fields that decide, if a model has them, how `UNLEARNED` tokens are counted and numbered."""


@dataclasses.dataclass(frozen=True)
class TokenizedConfig:
    """Input of a text model whose tokens come from the training texts."""

    vocabulary_size: Annotated[int, Ge(3)] = 20_000
    """Largest number of token ids, padding (0) and unknown tokens (1) included; training replaces
    it by the number that the data, or `tokenizer_file`, really has."""
    sequence_length: Count = 256
    """Input length in tokens; shorter texts are padded with 0, longer ones cut."""
    tokenizer: Tokenizer = "words"
    """What a token is: words and single signs, characters, or pieces of words learned from the
    training texts (WordPiece; byte-pair encoding and unigram by SentencePiece). Characters and
    pieces suit languages that glue words together, such as Korean."""
    lowercase: bool = True
    """Whether case is folded. Names are told by their capitals, so to find them in texts set it to
    false; needs pieces of words."""
    tokenizer_file: NotEmpty | None = None
    """A learned tokenizer to use instead of learning one, relative to the YAML, for example
    `tokenizer` in the folder of another model run; training fills it in."""

    def __post_init__(self) -> None:
        if not self.lowercase and self.tokenizer in UNLEARNED:
            raise ValueError(
                f"`tokenizer: {self.tokenizer}` folds case always. Received: lowercase=False. "
                "Leave it out, or choose wordpiece, bpe or unigram."
            )
        if self.tokenizer_file is not None and self.tokenizer in UNLEARNED:
            raise ValueError(
                f"`tokenizer: {self.tokenizer}` learns nothing, so it reads no file. Received: "
                f"tokenizer_file={self.tokenizer_file!r}. Remove it, or choose wordpiece, bpe or "
                "unigram."
            )

    def check_ngrams(self, ngrams: int) -> None:
        """Refuse runs of tokens that nobody counts.

        Raises:
            ValueError: If the tokenizer makes pieces of words.
        """
        if ngrams > 1 and feature(self) == "text":
            raise ValueError(
                "`ngrams` needs `tokenizer: words` or `characters`. Received: "
                f"ngrams={ngrams} with tokenizer={self.tokenizer!r}"
            )


@dataclasses.dataclass(frozen=True)
class TextModelConfig(TokenizedConfig):
    """Input and recipe of a network for texts; each model adds its architecture."""

    recipe: Recipe = Recipe()
    """Initializer, activation, normalisation and regularisation; what is left out is the
    paper's."""


def counted_with(config: TokenizedConfig) -> dict[str, Any]:
    """The fields of `COUNTED_WITH` that a model has."""
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.name in COUNTED_WITH
    }


def require_tokenizer(config: TokenizedConfig, path: str) -> None:
    """Refuse a learned tokenizer that is not there.

    Args:
        config: Of the model.
        path: Its `tokenizer_file`, absolute.

    Raises:
        ValueError: If there is no such file.
    """
    if not pathlib.Path(path).is_file():
        raise ValueError(
            f"there is no file {path}. Expected: a tokenizer that a training with `tokenizer: "
            f"{config.tokenizer}` wrote, absolute or relative to the YAML. Correct the path, or "
            "leave it out to learn one."
        )


def feature(config: TokenizedConfig) -> Literal["token_ids", "text"]:
    """The transformed feature the encoder reads: ids, or text for learned tokenizers."""
    return "token_ids" if config.tokenizer in UNLEARNED else "text"


def token_input(config: TokenizedConfig) -> keras.KerasTensor:
    """The model's input, `token_ids` `(batch, sequence_length)` int32."""
    return keras.Input((config.sequence_length,), dtype="int32", name="token_ids")


def encoder(config: TokenizedConfig) -> Encoder:
    """Return the encoder to `token_ids` `(batch, sequence_length)` int32.

    Args:
        config: Architecture; its `sequence_length` must be the width of the feature.

    Returns:
        An encoder from `token_ids`, which Transform computed, or from texts `(batch,)` string.

    Raises:
        ValueError: If the tokenizer must be learned first, or its file cannot be read.
    """
    import tensorflow as tf

    if feature(config) == "text":
        from models.text import subwords

        tokenizer = subwords.load(
            config.tokenizer,
            config.tokenizer_file,
            config.sequence_length,
            lowercase=config.lowercase,
        )
        return Encoder(
            lambda features: {"token_ids": tokenizer(segments.joined(features))}, (tokenizer,)
        )

    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        token_ids = tf.ensure_shape(features["token_ids"], (None, config.sequence_length))
        return {"token_ids": tf.cast(token_ids, tf.int32)}

    return Encoder(encode)
