"""Counted n-grams that tell how probable each token is after those before it, in NumPy.

As in the ARPA format of Doug Paul: an n-gram that was counted has a probability, and a context has
a weight for those of its continuations that were not, by which their probability after the shorter
context is multiplied. An n-gram's number is its place among all of its length, in lexicographic
order, and its key the number of all but its last token, times the tokens there are, plus its last
token: so one sorted array of integers finds any of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from models.ngrams import counting
from models.ngrams.counting import Counts
from models.ngrams.smoothing import AddK, Grams, KneserNey, Way

_MISSING = -1


@dataclasses.dataclass(frozen=True)
class Level:
    """All n-grams of one length that were counted, in order; of one token, all there are."""

    keys: np.ndarray
    """`(m,)` int64, ascending."""
    log_probabilities: np.ndarray
    """Of the last token after the others, `(m,)` float64, in nats; minus infinity is impossible."""
    log_rests: np.ndarray
    """Logarithm of the weight of what was not counted after each, `(m,)` float64."""
    likeliest: np.ndarray
    """The likeliest token after each, `(m,)` int64; the first of equals."""


@dataclasses.dataclass(frozen=True)
class Ngrams:
    """Counted texts."""

    levels: tuple[Level, ...]
    """Of one token, of two, and so on."""
    vocabulary: int
    """Different tokens that can follow; the number itself stands for what is before a text."""
    likeliest: int
    """The likeliest token where nothing is known of what is before."""

    def log_probabilities(self, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """The logarithm of each token's probability after those before it, in nats, `(n,)`.

        Args:
            tokens: Of a text, each in `[0, vocabulary)`.
        """
        base = self.vocabulary + 1
        whole = np.concatenate([[self.vocabulary], np.asarray(tokens, np.int64)])
        numbers, told = whole, self.levels[0].log_probabilities[whole]
        for shorter, level in zip(self.levels, self.levels[1:], strict=False):
            before = np.concatenate([[_MISSING], numbers[:-1]])
            numbers = _found(level.keys, before * base + whole)
            rests = np.where(before >= 0, shorter.log_rests[before], 0.0)
            told = np.where(numbers >= 0, level.log_probabilities[numbers], rests + told)
        return told[1:]


def learn(
    texts: Iterable[Sequence[int] | np.ndarray],
    vocabulary: int,
    order: int,
    k: float | None = None,
) -> Ngrams:
    """Count texts.

    Args:
        texts: Tokens of each, in `[0, vocabulary)`.
        vocabulary: Different tokens.
        order: Tokens of the longest n-grams, at least 1.
        k: To be added to each count; 0 is maximum likelihood, None interpolated Kneser-Ney.

    Raises:
        ValueError: If there is no token to count, or order or vocabulary are below 1.
    """
    counter = counting.Counter(vocabulary, order)
    for text in texts:
        counter.add(np.append(np.asarray(text, np.int64), vocabulary))
    return smoothed(counter.counts(), vocabulary, KneserNey() if k is None else AddK(k))


def smoothed(counts: Counts, vocabulary: int, way: Way) -> Ngrams:
    """Counts as probabilities.

    Args:
        counts: Of the longest n-grams.
        vocabulary: Different tokens.
        way: How they are smoothed.
    """
    levels = _levels(counts, vocabulary)
    base = vocabulary + 1
    keys: list[np.ndarray] = []
    own, all_own, rests = np.full(1, 1.0 / vocabulary), [], []
    for level in levels:
        contexts = _contexts(level.runs, keys, base)
        keys.append(contexts * base + level.runs[-1])
        num_contexts = len(keys[-2]) if len(keys) > 1 else 1
        is_longest = (level.runs[0] == vocabulary) | (level is levels[-1])
        grams = Grams(level.counts, level.kinds, contexts, num_contexts, is_longest)
        own, rest = way.shares(grams, own[level.shorter], vocabulary)
        all_own.append(own)
        rests.append(rest)
    rests = [*rests[1:], np.ones(len(own))]
    with np.errstate(divide="ignore"):
        logs = [(np.log(own), np.log(rest)) for own, rest in zip(all_own, rests, strict=True)]
    likeliest = _likeliest(levels, keys, logs, base)
    whole = zip(keys, logs, likeliest[1:], strict=True)
    return Ngrams(
        tuple(Level(key, own, rest, best) for key, (own, rest), best in whole),
        vocabulary,
        int(likeliest[0][0]),
    )


@dataclasses.dataclass(frozen=True)
class _Counted:
    """N-grams of one length, and their places among those without their first token."""

    runs: np.ndarray
    counts: np.ndarray
    kinds: np.ndarray
    shorter: np.ndarray


def _levels(counts: Counts, vocabulary: int) -> list[_Counted]:
    """All lengths from what was counted of the longest, the shortest first."""
    runs, kinds = counts.runs, counts.counts
    raw, found = kinds, []
    while len(runs) > 1:
        ends, shorter = _ends(runs, vocabulary)
        # A text has one begin: what holds several, which are the last ones, is a shorter n-gram.
        own = int(np.sum((runs[0] < vocabulary) | (runs[1] < vocabulary)))
        found.append(_Counted(runs[:, :own], raw[:own], kinds[:own], shorter[:own]))
        kinds = np.bincount(shorter, minlength=ends.shape[1])
        raw = np.bincount(shorter, raw, ends.shape[1]).astype(np.int64)
        runs = ends
    if not found:  # Only single tokens were counted.
        raw = np.bincount(runs[0], raw, vocabulary + 1).astype(np.int64)
        runs, kinds = _all_tokens(runs, vocabulary), raw
    found.append(_Counted(runs, raw, kinds, np.zeros(vocabulary + 1, np.int64)))
    return found[::-1]


def _ends(runs: np.ndarray, vocabulary: int) -> tuple[np.ndarray, np.ndarray]:
    """What n-grams are without their first token, in order, and where that of each is."""
    if len(runs) == 2:
        return _all_tokens(runs, vocabulary), runs[1].astype(np.int64)
    order, starts = counting.kinds(runs[1:], vocabulary + 1)
    places = np.empty(len(order), np.int64)
    places[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(order)))
    return runs[1:, order[starts]], places


def _all_tokens(runs: np.ndarray, vocabulary: int) -> np.ndarray:
    return np.arange(vocabulary + 1, dtype=runs.dtype)[None]


def _contexts(runs: np.ndarray, keys: Sequence[np.ndarray], base: int) -> np.ndarray:
    """Numbers of all but the last tokens, which the shorter levels have."""
    if len(runs) == 1:
        return np.zeros(runs.shape[1], np.int64)
    numbers = runs[0].astype(np.int64)
    for tokens, known in zip(runs[1:-1], keys[1:], strict=False):
        numbers = np.searchsorted(known, numbers * base + tokens)
    return numbers


def _found(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Numbers of some keys; -1 of one that was not counted."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, _MISSING)


def _likeliest(
    levels: Sequence[_Counted],
    keys: Sequence[np.ndarray],
    logs: Sequence[tuple[np.ndarray, np.ndarray]],
    base: int,
) -> list[np.ndarray]:
    """The likeliest token after each context: of no token, of one, and so on.

    It is the likeliest of those that were counted after it, or of all after the shorter context.
    """
    own = logs[0][0][:-1]
    tokens, best = np.argmax(own, keepdims=True), np.max(own, keepdims=True)
    found = [tokens]
    for place, level in enumerate(levels):
        tokens = tokens[level.shorter]
        best = logs[place][1] + best[level.shorter]
        if place + 1 < len(levels):
            contexts, last = np.divmod(keys[place + 1], base)
            own = np.where(last < base - 1, logs[place + 1][0], -np.inf)
            starts = np.flatnonzero(np.append(True, contexts[1:] != contexts[:-1]))
            most = np.maximum.reduceat(own, starts)
            hits = np.flatnonzero(own == np.repeat(most, np.diff(starts, append=len(own))))
            firsts = hits[np.searchsorted(hits, starts)]
            followed, first = contexts[starts], last[firsts]
            is_better = (most > best[followed]) | (
                (most == best[followed]) & (first < tokens[followed])
            )
            tokens[followed] = np.where(is_better, first, tokens[followed])
            best[followed] = np.maximum(most, best[followed])
        found.append(tokens)
    return found
