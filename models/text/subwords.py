"""Tokenizers learned from the training texts: WordPiece, byte-pair encoding, unigram.

Sources: Schuster and Nakajima (2012), "Japanese and Korean Voice Search" (WordPiece);
Sennrich et al. (2015), https://arxiv.org/abs/1508.07909 (BPE); Kudo (2018),
https://arxiv.org/abs/1804.10959 (unigram); Kudo and Richardson (2018),
https://arxiv.org/abs/1808.06226 (SentencePiece, which learns all three). Id 0 pads and
id 1 is the unknown piece, as with words.
"""

from __future__ import annotations

import io
import pathlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import keras_hub
import tensorflow as tf

from models.text import learned_wordpieces

PADDING, UNKNOWN = "[PAD]", "[UNK]"
UNKNOWN_ID = 1
# Rarer characters than this share of the text are unknown; SentencePiece's own advice for
# languages with rich character sets, Hangul among them.
_CHARACTER_COVERAGE = 0.9995
# Bytes; SentencePiece leaves longer texts out, and this is the most it can be told to take.
_LONGEST_TEXT = 2**30
# SentencePiece keeps this sign to itself, and leaves texts out that have it.
_RESERVED = "\u2585"
# Characters; the unigram model's probabilities are no longer finite in runs of some thousands.
_LONGEST_WORD = re.compile(r"\S{1000}")
_LOSSLESS = {
    "byte_fallback": True,
    "normalization_rule_name": "identity",
    "remove_extra_whitespaces": False,
    "add_dummy_prefix": False,
}
"""What lets SentencePiece give back what it read."""
_SIGNS = {"<pad>": "pad", "<unk>": "unk", "<s>": "bos", "</s>": "eos"}
"""Special pieces by SentencePiece's names for what they stand for."""
_AS_IT_STANDS = 4
"""SentencePiece's type of pieces that texts have as they stand."""


def learn(
    kind: str,
    texts: Iterable[str],
    vocabulary_size: int,
    path: pathlib.Path,
    *,
    lowercase: bool = True,
    special: Sequence[str] = (),
    last: Sequence[str] = (),
) -> None:
    """Learn a tokenizer and write it to a file.

    Args:
        kind: `wordpiece`, `bpe` or `unigram`.
        texts: Training texts.
        vocabulary_size: Largest number of pieces; small data may not have as many.
        path: File to write.
        lowercase: Whether case is folded.
        special: Pieces that no text has, in the order of their ids; left out: for padding and
            unknown pieces. Of `bpe` and `unigram` some of `_SIGNS`. Pieces then give texts back
            byte by byte: nothing is normalised, and what is no piece is spelled in bytes.
        last: Pieces that texts may have as they stand, in the order of their ids, behind all
            others; of `bpe` and `unigram`.

    Raises:
        ValueError: If the texts are too few or the vocabulary too small to learn from.
    """
    lines = [text for text in texts if text.strip()]
    if not lines:
        raise ValueError(
            f"`tokenizer: {kind}` has nothing to learn from: every training text is empty."
        )
    if kind == "wordpiece":
        content = _wordpiece(lines, vocabulary_size, lowercase, special or (PADDING, UNKNOWN))
    else:
        learned = _sentencepiece(kind, lines, vocabulary_size - len(last), lowercase, special)
        content = learned + b"".join(map(_serialized, last))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.rename(path)


def load(
    kind: str, path: str | None, sequence_length: int | None, *, lowercase: bool = True
) -> keras_hub.tokenizers.Tokenizer:
    """Read a learned tokenizer.

    Args:
        kind: `wordpiece`, `bpe` or `unigram`.
        path: File that `learn` wrote.
        sequence_length: Width of its output.
        lowercase: Whether it folds case, as it was learned.

    Returns:
        A Keras layer from texts `(batch,)` to ids `(batch, sequence_length)` int32.

    Raises:
        ValueError: If there is no such file, or it holds another kind of tokenizer.
    """
    content = _content(kind, path)
    try:
        if kind == "wordpiece":
            return _wordpiece_layer(content, sequence_length, lowercase)
        return keras_hub.tokenizers.SentencePieceTokenizer(
            proto=content, sequence_length=sequence_length, dtype="int32"
        )
    except (ValueError, tf.errors.OpError) as error:
        raise ValueError(
            f"The tokenizer file {path} is no {kind} tokenizer: {error}. Give the file of another "
            "training, or leave out `tokenizer_file` to learn one."
        ) from error


def pieces(path: str | None) -> list[str]:
    """The pieces of a `wordpiece` tokenizer, in the order of their ids.

    Args:
        path: File that `learn` wrote.

    Raises:
        ValueError: If there is no such file, or it is not text.
    """
    try:
        # Bytes end lines as files do; text would also at U+2028, which may be part of a piece.
        return [piece.decode("utf-8") for piece in _content("wordpiece", path).splitlines()]
    except UnicodeDecodeError as error:
        raise ValueError(
            f"The tokenizer file {path} is no wordpiece tokenizer: {error}. Give the file of "
            "another training, or leave out `tokenizer_file` to learn one."
        ) from error


def _content(kind: str, path: str | None) -> bytes:
    if path is None or not pathlib.Path(path).is_file():
        raise ValueError(
            f"`tokenizer: {kind}` is learned in training, or read from `tokenizer_file`. "
            f"Received: tokenizer_file={path!r}, which is no file."
        )
    return pathlib.Path(path).read_bytes()


def _wordpiece_layer(
    content: bytes, sequence_length: int | None, lowercase: bool
) -> keras_hub.tokenizers.Tokenizer:
    return keras_hub.tokenizers.WordPieceTokenizer(
        # Bytes end lines as files do; text would also at U+2028, which may be part of a piece.
        [piece.decode("utf-8") for piece in content.splitlines()],
        sequence_length=sequence_length,
        lowercase=lowercase,
        oov_token=UNKNOWN,
        dtype="int32",
    )


def _wordpiece(
    lines: list[str], vocabulary_size: int, lowercase: bool, special: Sequence[str]
) -> bytes:
    # Each character is a piece twice, where a word begins and inside; without them whole words
    # would be unknown.
    characters = len(learned_wordpieces.characters_of(lines, lowercase))
    needed = 2 * min(characters, learned_wordpieces.MOST_CHARACTERS) + len(special)
    if vocabulary_size < needed:
        raise _not_learned("wordpiece", lines, vocabulary_size, _too_many_characters(needed))
    pieces = learned_wordpieces.learn(lines, vocabulary_size, lowercase, special)
    return "\n".join(pieces).encode()


def _sentencepiece(
    kind: str, lines: list[str], vocabulary_size: int, lowercase: bool, special: Sequence[str]
) -> bytes:
    import sentencepiece

    options: dict[str, Any] = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1}
    options["normalization_rule_name"] = "nmt_nfkc_cf" if lowercase else "nmt_nfkc"
    if special:
        names = {f"{_SIGNS[piece]}_piece": piece for piece in special}
        places = {f"{_SIGNS[piece]}_id": place for place, piece in enumerate(special)}
        options |= {**names, **places, **_LOSSLESS}

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(
                _LONGEST_WORD.sub(r"\g<0> ", line.replace(_RESERVED, " ")) for line in lines
            ),
            model_writer=model,
            model_type=kind,
            vocab_size=vocabulary_size,
            hard_vocab_limit=False,
            max_sentence_length=_LONGEST_TEXT,
            character_coverage=_CHARACTER_COVERAGE,
            minloglevel=2,
            **options,
        )
    except RuntimeError as error:
        needed = re.search(r"required_chars\. \d+ vs (\d+)", str(error))
        advice = (
            _too_many_characters(int(needed[1]))
            if needed
            else f"{error}. A smaller vocabulary may do."
        )
        raise _not_learned(kind, lines, vocabulary_size, advice) from error
    return model.getvalue()


def _serialized(piece: str) -> bytes:
    """A piece to be appended to a serialized `ModelProto`: repeated fields run on.

    Source: https://protobuf.dev/programming-guides/encoding, "Last One Wins", and
    sentencepiece_model.proto: `pieces` is field 1, a piece's text its field 1, its type field 3.
    """
    text = piece.encode()
    message = bytes([0x0A, len(text), *text, 0x18, _AS_IT_STANDS])
    return bytes([0x0A, len(message), *message])


def _too_many_characters(needed: int) -> str:
    return f"The texts have too many different characters: raise it to {needed} or more."


def _not_learned(kind: str, lines: list[str], vocabulary_size: int, advice: str) -> ValueError:
    return ValueError(
        f"`tokenizer: {kind}` could not be learned from {len(lines)} texts with "
        f"`vocabulary_size: {vocabulary_size}`: {advice}"
    )
