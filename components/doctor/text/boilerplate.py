"""Words that nearly all texts share: footers, greetings, templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from components.doctor.finding import Finding, Verdict
from components.doctor.text.lengths import Reader

NAME = "boilerplate"
_LONGEST = 4_000  # characters of a text that are read
_FEWEST = 20  # texts below which common words are chance
# Scripts without spaces give a token a character, others one a word.
_TOKEN = re.compile("[\u2e80-\u9fff]|[^\\W\u2e80-\u9fff]+")
_NUMBER = re.compile(r"\d+")
_KINDS = ((5, 0.8), (8, 0.5))
"""Tokens in a row, and the share of texts that hold them from which they are no content."""
_BYTES = 12  # of such tokens together, in UTF-8, where a Chinese sign has three
_COUNTED = 200  # texts whose tokens are counted
_EXCERPT = 120  # characters of what is shared that are shown
_FAIL = 0.9  # share of what the model reads that leaves nothing to tell classes by


def boilerplate(texts: Sequence[str], reader: Reader | None = None) -> Finding:
    """Look for runs of words that nearly all texts have; numbers count as the same.

    Args:
        texts: Of the training split, no two the same.
        reader: How the model reads texts; None: its limit is not considered.

    Returns:
        `warn` where 80 % of the texts share five words in a row, or half of them eight; `fail`
        where nine tenths of what the model reads are such; figures `texts`, `tokens` and `read`
        (shares) and `shared` (the longest run that was found).
    """
    split = [[_NUMBER.sub("0", t) for t in _tokens(text)] for text in texts]
    runs = {run for size, share in _KINDS for run in _common(split, size, share)}
    if len(texts) < _FEWEST or not runs:
        evidence = "No words in a row that most texts share."
        return Finding(NAME, "pass", evidence, figures={"texts": 0.0, "tokens": 0.0})
    covered = [_cover(tokens, runs) for tokens in split]
    having = float(np.mean([flags.any() for flags in covered]))
    tokens = float(np.mean([flags.mean() for flags in covered if flags.size]))
    shown = _longest(texts, covered)
    evidence = (
        f"{having:.0%} of the training texts share words, {tokens:.0%} of each on average: "
        f"{shown!r}."
    )
    figures = {"texts": having, "tokens": tokens, "shared": shown}
    verdict: Verdict = "warn"
    if reader is not None:
        read = _read(texts, covered, reader)
        figures["read"] = read
        evidence += f" They are {read:.0%} of the {reader.limit} tokens that the model reads."
        verdict = "fail" if read >= _FAIL else "warn"
    return Finding(
        NAME,
        verdict,
        evidence,
        "What all texts say tells no class from another: it takes room within the model's limit, "
        "and texts without it will look strange to the model when it is served.",
        "Remove what texts share (headers, footers, templates, disclaimers) from `data.source`, "
        "and from what the served model is asked; `model.sequence_length` may then be smaller.",
        figures,
    )


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text[:_LONGEST].casefold())


def _common(split: Sequence[Sequence[str]], size: int, share: float) -> list[tuple[str, ...]]:
    """Runs of `size` tokens that at least `share` of the texts hold."""
    counts: Counter[tuple[str, ...]] = Counter()
    for tokens in split:
        counts.update(set(zip(*(tokens[start:] for start in range(size)), strict=False)))
    return [
        run
        for run, count in counts.items()
        if count >= share * len(split) and len("".join(run).encode("utf-8", "replace")) >= _BYTES
    ]


def _cover(tokens: Sequence[str], runs: set[tuple[str, ...]]) -> np.ndarray:
    """Which tokens of a text belong to a run, `(tokens,)` bool."""
    flags = np.zeros(len(tokens), bool)
    for size, _ in _KINDS:
        for start in range(len(tokens)):
            if tuple(tokens[start : start + size]) in runs:
                flags[start : start + size] = True
    return flags


def _spans(text: str, flags: np.ndarray) -> list[tuple[int, int]]:
    """Where in a text the runs stand: first and last character of each."""
    found: list[tuple[int, int]] = []
    follows = False
    for token, covered in zip(_TOKEN.finditer(text[:_LONGEST]), flags, strict=False):
        if covered:
            start = found.pop()[0] if follows else token.start()
            found.append((start, token.end()))
        follows = bool(covered)
    return found


def _longest(texts: Sequence[str], covered: Sequence[np.ndarray]) -> str:
    """The run that is shared by most texts among the longest ones."""
    counts = Counter(
        " ".join(text[start:end].split())
        for text, flags in zip(texts, covered, strict=True)
        for start, end in _spans(text, flags)
    )
    shown = max(counts, key=lambda run: (counts[run] * len(run), run))
    return shown if len(shown) <= _EXCERPT else f"{shown[:_EXCERPT]}…"


def _read(texts: Sequence[str], covered: Sequence[np.ndarray], reader: Reader) -> float:
    """Median share of boilerplate in what a model reads of the first texts."""
    spans = [_spans(text, flags) for text, flags in zip(texts, covered, strict=True)][:_COUNTED]
    ends = [[0, *(end for span in found for end in span)] for found in spans]
    parts = [text[:end] for text, found in zip(texts, ends, strict=False) for end in found]
    lengths = np.array([len(tokens) for tokens in reader.tokenize([*parts, *texts[:_COUNTED]])])
    lengths = np.minimum(lengths, reader.limit)
    places = np.split(lengths[: len(parts)], np.cumsum([len(found) for found in ends])[:-1])
    boiled = [np.sum(found[2::2] - found[1::2]) for found in places]
    return float(np.median(boiled / np.maximum(lengths[len(parts) :], 1)))
