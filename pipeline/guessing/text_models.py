"""Which model of texts a laptop can train, and how long its inputs are."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from pipeline.guessing import column, wording
from pipeline.guessing.wording import Line, Remark

_MOST_ROWS_OF_MINILM = 20_000
_FEW_ROWS = 2_000
"""Rows below which a network from scratch learns less than a linear model."""
_PIECES = 1.3
"""Pieces of MiniLM's vocabulary that an English word makes, about."""
_SPECIAL = 4
"""Tokens around and between two texts, at most."""
_STEP = 16
_LONGEST_OF_MINILM = 256
"""More takes a laptop hours."""
_LONGEST = 400
_LONGEST_IN_CHARACTERS = 800
_JOINED = 2
"""Characters that a piece of a word holds where words are glued together, about."""
_LETTERS = re.compile(r"[^\W\d_]")
_GLUED = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f]")
_ENGLISH = frozenset(
    {
        *("the", "of", "and", "to", "a", "in", "is", "that", "it", "for", "was", "on", "with"),
        *("as", "i", "this", "are", "be", "at", "have", "not", "from", "by", "he", "they", "you"),
        *("what", "how", "do", "my", "me", "your", "an", "we", "can", "his", "her", "but", "or"),
        *("which", "there", "if", "has", "will", "all", "one"),
    }
)
_LEAST_ENGLISH = 0.08
"""Share of these words in English of whole sentences; other languages have hardly any."""
_FEW_WORDS = 3
_LEAST_SCRIPT = 0.3


@dataclasses.dataclass(frozen=True)
class Texts:
    """What decides the model."""

    columns: tuple[column.Column, ...]
    rows: int
    """Of the train split, about."""


@dataclasses.dataclass(frozen=True)
class _Language:
    """How texts are written."""

    name: str
    """What it is, with figures."""
    tokenizer: str
    """What splits them, of a model from scratch."""
    why: str
    """What speaks for it."""
    is_english: bool = False


def lines(texts: Texts) -> list[Line | Remark]:
    """The sections `model` and `training`."""
    language = _language([text for one in texts.columns for text in one.filled])
    if language.is_english and texts.rows <= _MOST_ROWS_OF_MINILM:
        return _minilm(texts)
    if texts.rows < _FEW_ROWS and len(texts.columns) == 1:
        return _bag_of_words(texts, language)
    return _text_cnn(texts, language)


def is_english(texts: Sequence[str], rows: int) -> bool:
    """Whether MiniLM knows the language, and can be fine-tuned on so many rows here."""
    return _language(texts).is_english and rows <= _MOST_ROWS_OF_MINILM


def glued_share(texts: Sequence[str]) -> float:
    """Share of the letters that are Hangul, whose particles follow a word without a space."""
    letters = _LETTERS.findall("".join(texts))
    return sum(bool(_GLUED.match(letter)) for letter in letters) / max(1, len(letters))


def has_spaces(texts: Sequence[str]) -> bool:
    """Whether spaces divide words, as they do not in Chinese and Japanese, nor quite in Korean."""
    return _language(texts).tokenizer == "words"


def minilm_of_tokens(
    rows: int, instead: str, length: tuple[int, str], epochs: int, batch_size: int
) -> list[Line]:
    """MiniLM, all of it trained, for what is learned of each token.

    Args:
        rows: Of the train split, about.
        instead: What else could be tried.
        length: Tokens that it reads, and why so many.
        epochs: Of training.
        batch_size: Of training.
    """
    why = f"English, and few enough to fine-tune it here: {wording.counted(rows, 'row')}"
    return [
        Line("model.kind", "pretrained_text", why, instead),
        Line("model.preset", "minilm", "6 blocks, installed, so it needs no network"),
        Line("model.sequence_length", *length),
        Line("training.epochs", epochs, "a pretrained model needs few"),
        Line("training.batch_size", batch_size, "more needs more memory"),
        Line("training.optimizer", "adamw", "the usual one for Transformers"),
        Line("training.learning_rate", 1.0e-4, "all blocks are trained"),
    ]


def _language(texts: Sequence[str]) -> _Language:
    sample = " ".join(text[:1_000] for text in texts[:1_000])
    letters = len(_LETTERS.findall(sample)) or 1
    glued = len(_GLUED.findall(sample)) / letters
    unspaced = len(_WITHOUT_SPACES.findall(sample)) / letters
    if glued >= _LEAST_SCRIPT:
        name = f"Korean ({_percent(glued)} of the letters are Hangul)"
        return _Language(name, "unigram", "pieces of words, as Korean glues words together")
    if unspaced >= _LEAST_SCRIPT:
        name = f"without spaces ({_percent(unspaced)} of the letters are of such a script)"
        return _Language(name, "characters", "there are no spaces to split at")
    words = [word.strip(".,!?;:'\"()").lower() for word in sample.split()]
    known = sum(word in _ENGLISH for word in words) / max(1, len(words))
    is_short = len(words) <= _FEW_WORDS * len(texts)
    if sample.isascii() if is_short else known >= _LEAST_ENGLISH:
        return _Language("English", "words", "spaces divide them", is_english=True)
    name = f"not English (its commonest words make up {_percent(known)})"
    return _Language(name, "words", "spaces divide them")


def _percent(share: float) -> str:
    return wording.share(round(1_000 * share), 1_000)


def _minilm(texts: Texts) -> list[Line | Remark]:
    tokens = wording.percentile(_summed([one.tokens for one in texts.columns]))
    length = _rounded(tokens * _PIECES + _SPECIAL, _LONGEST_OF_MINILM)
    found: list[Line | Remark] = [
        Line(
            "model.kind",
            "pretrained_text",
            "the texts are English, and few enough to fine-tune it here: "
            f"{wording.counted(texts.rows, 'row')}",
            "text_cnn or bag_of_words, which train in seconds",
        ),
        Line("model.preset", "minilm", "6 blocks, installed, so it needs no network"),
        Line(
            "model.sequence_length",
            length,
            _why_length(tokens, f"about {_PIECES} tokens a word", length == _LONGEST_OF_MINILM),
            "longer, to read more of long texts in more time",
        ),
        Line("model.fine_tuning", "partial", "the lower blocks know English already", "full"),
        Line("model.trainable_layers", 2, "the last 2 of 6 blocks: half the time of all"),
        Line("training.epochs", 3, "a pretrained model needs few"),
        Line("training.batch_size", 32, "more needs more memory"),
        Line("training.optimizer", "adamw", "the usual one for Transformers"),
        Line("training.learning_rate", 5.0e-4, "for a few blocks; 1.0e-4 if all are trained"),
        Line(
            "training.schedule", {"kind": "cosine", "warmup": 0.1}, "rises first, then falls to 0"
        ),
    ]
    if length == _LONGEST_OF_MINILM and len(texts.columns) == 1:
        found.append(
            Remark(
                "model",
                "truncate: middle reads the first and the last tokens of longer texts, as suits "
                "reviews",
            )
        )
    return found


def _bag_of_words(texts: Texts, language: _Language) -> list[Line | Remark]:
    tokenizer, reason = language.tokenizer, language.why
    if tokenizer == "unigram":
        tokenizer, reason = "characters", "too few texts to learn pieces of words from"
    length, why, is_cut = _length(texts, tokenizer, runs=2)
    return [
        Line(
            "model.kind",
            "bag_of_words",
            f"too few texts for a network from scratch ({wording.counted(texts.rows, 'row')}); "
            f"they are {language.name}",
            "text_cnn, or pretrained_text with a preset of the language",
        ),
        Line("model.tokenizer", tokenizer, reason),
        Line("model.ngrams", 2, "neighbours count as tokens, too"),
        Line("model.sequence_length", length, f"{why}, and as many pairs of them{is_cut}"),
        Line("training.epochs", 12, "they take a second each"),
        Line("training.learning_rate", 1.0e-2, "a linear model bears a high one"),
        Line("training.early_stopping", {"patience": 3}, "keeps the best epoch"),
    ]


def _text_cnn(texts: Texts, language: _Language) -> list[Line | Remark]:
    length, why, is_cut = _length(texts, language.tokenizer)
    reason = f"the texts are {language.name}, which the installed MiniLM does not know"
    if language.is_english:
        reason = f"{wording.counted(texts.rows, 'row')} would take pretrained_text long here"
    found: list[Line | Remark] = [
        Line(
            "model.kind",
            "text_cnn",
            reason,
            "pretrained_text (on a GPU)" if language.is_english else "bag_of_words",
        ),
        Line("model.tokenizer", language.tokenizer, language.why),
        Line("model.sequence_length", length, f"{why}{is_cut}"),
        Line("training.epochs", 10, "the best one is kept"),
        Line("training.batch_size", 32, "more is faster on a GPU"),
        Line("training.learning_rate", 1.0e-3, "Adam's usual one"),
        Line("training.early_stopping", {"patience": 2}, "ends when the validation loss rises"),
    ]
    if language.tokenizer == "unigram":
        found.insert(
            2, Line("model.vocabulary_size", 8_000, "pieces of words to learn from the train split")
        )
    if not language.is_english:
        found.append(
            Remark(
                "model",
                "kind: pretrained_text with a preset of this language (xlm_roberta_base_multi and "
                "others, downloaded on first use) knows it already, and is better where there is "
                "a network",
            )
        )
    return found


def _length(texts: Texts, tokenizer: str, runs: int = 1) -> tuple[int, str, str]:
    """`sequence_length`, why, and a note if texts are cut."""
    if tokenizer == "words":
        measured, limit = [one.tokens for one in texts.columns], _LONGEST
    else:
        measured, limit = [one.lengths for one in texts.columns], _LONGEST_IN_CHARACTERS
    unit = {"words": "words and signs", "characters": "characters"}.get(tokenizer, "characters")
    size = wording.percentile(_summed(measured))
    tokens = -(-size // _JOINED) if tokenizer == "unigram" else size
    length = _rounded(runs * (tokens + len(texts.columns) - 1), limit)
    why = f"{wording.PERCENTILE} % of the texts have up to {size:,} {unit}"
    if tokenizer == "unigram":
        why += f", about {_JOINED} a piece"
    return length, why, "; longer ones are cut" if length == limit else ""


def _why_length(tokens: int, ratio: str, is_cut: bool) -> str:
    cut = "; more would take a laptop hours, so longer ones are cut" if is_cut else ""
    return f"{wording.PERCENTILE} % of the texts have up to {tokens:,} words, {ratio}{cut}"


def _summed(lengths: Sequence[Sequence[int]]) -> list[int]:
    """Lengths of a row's texts together."""
    return [sum(row) for row in zip(*lengths, strict=True)]


def _rounded(length: float, most: int) -> int:
    return min(most, max(_STEP, -(-int(length + 0.5) // _STEP) * _STEP))
