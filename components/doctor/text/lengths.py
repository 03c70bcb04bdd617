"""How much of the texts the model reads, and how much of that it knows."""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from components.doctor.finding import Finding
from components.doctor.setting import Setting

_NO_SETTING = Setting()
TRUNCATION, UNKNOWN = "truncation", "unknown_words"
_KEPT_WARN, _KEPT_FAIL = 0.35, 0.15  # shares of all tokens that are read
_SHORT = 16  # tokens: a limit below this that cuts most texts leaves no sentence whole
_MOST = 0.5
_UNKNOWN_WARN, _UNKNOWN_FAIL = 0.3, 0.6  # shares of tokens that are unknown
_SPELLED = 1.2
"""Tokens per character above which a tokenizer takes characters apart, as byte-level and WordPiece
vocabularies do with scripts that they were not learned from."""
_WORD = re.compile(r"\w+")


@dataclasses.dataclass(frozen=True)
class Reader:
    """How a model reads texts."""

    tokenize: Callable[[Sequence[str]], Sequence[Sequence[Any]]]
    """All tokens of each text: not cut, without padding and special tokens."""
    limit: int
    """Tokens of a text that the model reads, special ones not counted; at least 1."""
    unknown: Any = None
    """The token that stands for unknown ones; None: there is none."""
    runs: int = 1
    """Tokens that begin at the same place of a text: a word and the runs of words from it on."""


def count(texts: Sequence[str], reader: Reader) -> np.ndarray:
    """Tokens of each text, `(texts,)` int."""
    return np.array([len(tokens) for tokens in reader.tokenize(texts)], int)


class Reached(Protocol):
    """What is told of labels within the limit; see `reach.Reach`."""

    @property
    def is_lost(self) -> bool:
        """Whether much of what tells labels apart is not read."""

    @property
    def is_blind(self) -> bool:
        """Whether next to nothing of it is read."""


def truncation(
    lengths: np.ndarray,
    limit: int,
    setting: Setting = _NO_SETTING,
    reached: Reached | None = None,
) -> Finding:
    """Measure how much of the training texts lies beyond the model's limit.

    Args:
        lengths: Tokens of each training text, `(rows,)` int.
        limit: Tokens of a text that the model reads.
        setting: Where texts are cut.
        reached: What tells labels apart, in whole texts and within the limit, whose `str` says so;
            None: not known.

    Returns:
        `warn` where less than 35 % of all tokens are read or much of what tells labels apart is
        not, `fail` below 15 %, where a limit of a few tokens cuts most texts, or where next to
        nothing that tells labels apart is read; figures `kept`, `cut` (shares) and `quantiles`
        (tokens).
    """
    total = int(lengths.sum())
    kept = float(np.minimum(lengths, limit).sum() / total) if total else 1.0
    cut = float(np.mean(lengths > limit))
    shares = (0.5, 0.9, 0.95, 0.99, 1.0)
    quantiles = {
        f"{share:g}": int(np.ceil(q))
        for share, q in zip(shares, np.quantile(lengths, shares), strict=True)
    }
    figures = {"kept": kept, "cut": cut, "limit": limit, "quantiles": quantiles}
    evidence = (
        f"The model reads {limit} tokens; {cut:.1%} of the training texts are longer (median "
        f"{quantiles['0.5']}, 95 % up to {quantiles['0.95']}), and {kept:.1%} of all tokens are "
        "read."
    )
    is_lost, is_blind = False, False
    if reached is not None:
        evidence += f" {reached}"
        is_lost, is_blind = reached.is_lost, reached.is_blind
    fails = is_blind or kept < _KEPT_FAIL or (limit < _SHORT and cut > _MOST)
    if not fails and not is_lost and kept >= _KEPT_WARN:
        return Finding(TRUNCATION, "pass", evidence, figures=figures)
    middle = ", with `model.truncate: middle` in their middle" if setting.truncate == "end" else ""
    return Finding(
        TRUNCATION,
        "fail" if fails else "warn",
        evidence,
        "What decides the label stands where the model never looks."
        if is_lost
        else "What decides the label may stand where the model never looks.",
        f"Raise `model.sequence_length`, up to {quantiles['0.95']} tokens for 95 % of the texts, "
        f"or cut the texts where they matter least{middle}.",
        figures,
    )


def unknown_words(
    train: Sequence[str], others: Mapping[str, Sequence[str]], reader: Reader | None = None
) -> Finding:
    """Measure the share of tokens that the model does not know.

    Without a reader that marks unknown tokens, those words are unknown that no training text has.

    Args:
        train: Training texts.
        others: Texts of other splits.
        reader: How the model reads.

    Returns:
        `warn` from 30 % unknown tokens or where characters are taken apart, `fail` from 60 %;
        figures `unknown` (share by split) and `tokens_per_character`.
    """
    per_character = 0.0
    if reader is not None and reader.unknown is not None:
        tokens = {name: reader.tokenize(part) for name, part in {"train": train, **others}.items()}
        unknown = {name: _share(found, {reader.unknown}) for name, found in tokens.items()}
        count = sum(map(len, tokens["train"]))
        # A space may be a token, too: it is one where characters are.
        per_character = count / reader.runs / max(sum(map(len, train)), 1)
        what = "tokens that the model's vocabulary lacks"
    else:
        known = {word for text in train for word in _words(text)}
        unknown = {name: _strange(part, known) for name, part in others.items()}
        what = "words that no training text has"
    said = ", ".join(f"{share:.1%} of {name}" for name, share in unknown.items())
    evidence = f"Share of {what}: {said}."
    figures = {"unknown": unknown, "tokens_per_character": per_character}
    worst = max(unknown.values())
    if per_character > _SPELLED:
        evidence += f" A character becomes {per_character:.1f} tokens."
    elif worst < _UNKNOWN_WARN:
        return Finding(UNKNOWN, "pass", evidence, figures=figures)
    return Finding(
        UNKNOWN,
        "fail" if worst >= _UNKNOWN_FAIL else "warn",
        evidence,
        "Unknown tokens all look the same to the model, and pieces of characters hardly mean "
        "anything: it reads the texts with holes.",
        "For a pretrained model choose a `model.preset` made for this language; otherwise use "
        "`model.tokenizer: wordpiece` (or `bpe`, `unigram`), raise `model.vocabulary_size`, or "
        "train on more texts of this kind.",
        figures,
    )


def _share(tokens: Sequence[Sequence[Any]], wanted: set[Any]) -> float:
    total = sum(map(len, tokens))
    return sum(token in wanted for found in tokens for token in found) / max(total, 1)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _strange(texts: Sequence[str], known: set[str]) -> float:
    words = [word for text in texts for word in _words(text)]
    return sum(word not in known for word in words) / max(len(words), 1)
