"""N-grams that are counted: how probable each token is after those before it, in NumPy.

Interpolated Kneser-Ney: Kneser and Ney (1995), https://doi.org/10.1109/ICASSP.1995.479394; in the
form of Chen and Goodman (1999), https://doi.org/10.1006/csla.1999.0128, section 2.7 and 3, with
one discount for each length, `n1 / (n1 + 2 n2)` of how many n-grams occur once and twice. Add-k:
Lidstone's; maximum likelihood is add-k with 0.

An n-gram's number is its place among all of its length, in the order of the number of all but its
last token, then of that token: so one sorted array of integers finds any of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

_MISSING = -1
_FALLBACK_DISCOUNT = 0.75
"""Where no n-gram occurs once or none twice; Jurafsky and Martin, chapter 3.8."""


@dataclasses.dataclass(frozen=True)
class Level:
    """All n-grams of one length."""

    keys: np.ndarray
    """`(m,)` int64, ascending: number of all but the last token, times the vocabulary, plus it."""
    counts: np.ndarray
    """`(m,)` float64: how often each occurs or, where Kneser-Ney asks for it, after how many
    different tokens."""
    totals: np.ndarray
    """Sum of the counts of those that begin alike, by the number of what they begin with."""
    kinds: np.ndarray
    """How many different ones begin alike, by the same number."""
    discount: float
    """What Kneser-Ney takes off each count."""


@dataclasses.dataclass(frozen=True)
class Ngrams:
    """Counted texts."""

    levels: tuple[Level, ...]
    """Of one token, of two, and so on."""
    vocabulary: int
    """Different tokens that can follow; the sign for the begin of a text is one more."""
    k: float | None
    """What is added to each count; None: Kneser-Ney."""

    def log_probabilities(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """The logarithm of each token's probability after those before it, in nats, `(tokens,)`.

        Args:
            ids: Of a text, each in `[0, vocabulary)`.
        """
        numbers, first = _numbers(self, np.asarray(ids, np.int64)), len(self.levels) - 1
        with np.errstate(divide="ignore"):
            return np.log(self._probabilities(numbers)[first:])

    def _probabilities(self, numbers: list[np.ndarray]) -> np.ndarray:
        size = len(numbers[0])
        if self.k is not None:
            level, found = self.levels[-1], numbers[-1]
            counts = np.where(found >= 0, level.counts[found], 0.0)
            totals = _of_contexts(level.totals, numbers, len(self.levels))
            total = totals + self.k * self.vocabulary
            return np.divide(counts + self.k, total, out=np.zeros(size), where=total > 0)
        probabilities = np.full(size, 1.0 / self.vocabulary)
        for place, level in enumerate(self.levels):
            found = numbers[place]
            counts = np.where(found >= 0, level.counts[found] - level.discount, 0.0)
            totals = _of_contexts(level.totals, numbers, place + 1)
            rest = level.discount * _of_contexts(level.kinds, numbers, place + 1)
            is_known = totals > 0
            shares = (np.maximum(counts, 0.0) + rest * probabilities) / np.where(
                is_known, totals, 1.0
            )
            probabilities = np.where(is_known, shares, probabilities)
        return probabilities


def learn(
    texts: Sequence[Sequence[int] | np.ndarray],
    vocabulary: int,
    order: int,
    k: float | None = None,
) -> Ngrams:
    """Count texts.

    Args:
        texts: Ids of each, in `[0, vocabulary)`; a text begins with what counts as `order - 1`
            signs.
        vocabulary: Different tokens.
        order: Tokens of the longest n-grams, at least 1.
        k: To be added to each count; 0 is maximum likelihood, None Kneser-Ney.

    Raises:
        ValueError: If there is no token to count.
    """
    if order < 1 or vocabulary < 1:
        raise ValueError(
            f"Expected an order and a vocabulary of at least 1. Received: order={order}, "
            f"vocabulary={vocabulary}"
        )
    begins = np.full(order - 1, vocabulary, np.int64)
    parts = [part for text in texts for part in (begins, np.asarray(text, np.int64))]
    ids = np.concatenate([*parts, np.zeros(0, np.int64)])
    if not (ids < vocabulary).any():
        raise ValueError(f"There is no token to count in {len(texts)} texts")
    # Begins follow the text before; what would reach into it is no n-gram.
    since = _since_begin(texts, order)
    numbers, all_keys, firsts = np.zeros(len(ids), np.int64), [], []
    by_length = []
    for length in range(1, order + 1):
        whole = np.flatnonzero(since >= length)
        before = numbers[whole - 1] if length > 1 else np.zeros(len(whole), np.int64)
        keys, places, found = np.unique(
            before * (vocabulary + 1) + ids[whole], return_index=True, return_inverse=True
        )
        numbers = np.full(len(ids), _MISSING)
        numbers[whole] = found
        all_keys.append(keys)
        firsts.append(whole[places])
        by_length.append(numbers)
    levels = []
    for place, keys in enumerate(all_keys):
        is_last = place == order - 1
        told = by_length[place] >= 0
        raw = np.bincount(by_length[place][told], minlength=len(keys)).astype(float)
        counts = raw
        if not is_last and k is None:
            # Each longer one that ends with it is another token that it follows.
            ends = by_length[place][firsts[place + 1]]
            counts = np.bincount(ends, minlength=len(keys)).astype(float)
            begins_text = ids[firsts[place] - place] == vocabulary
            counts = np.where(begins_text, raw, counts)
        levels.append(_level(keys, counts, vocabulary, len(all_keys[place - 1]) if place else 1))
    return Ngrams(tuple(levels), vocabulary, k)


def _level(keys: np.ndarray, counts: np.ndarray, vocabulary: int, contexts: int) -> Level:
    """Of what follows; that a text begins is not told by what stands before."""
    follows = keys % (vocabulary + 1) < vocabulary
    counts = np.where(follows, counts, 0.0)
    owners = keys // (vocabulary + 1)
    totals = np.bincount(owners, counts, contexts)
    kinds = np.bincount(owners, (counts > 0).astype(float), contexts)
    once, twice = (float(np.sum(counts == number)) for number in (1, 2))
    discount = once / (once + 2 * twice) if once and twice else _FALLBACK_DISCOUNT
    return Level(keys, counts, totals, kinds, discount)


def _since_begin(texts: Sequence[Sequence[int] | np.ndarray], order: int) -> np.ndarray:
    """Tokens since the begin of each text, its signs and itself included."""
    sizes = [len(text) + order - 1 for text in texts]
    return np.concatenate([np.arange(1, size + 1) for size in sizes] or [np.zeros(0, int)])


def _numbers(ngrams: Ngrams, ids: np.ndarray) -> list[np.ndarray]:
    """Of the n-gram that ends at each token of a text behind its signs, by length; -1: unseen."""
    order = len(ngrams.levels)
    whole = np.concatenate([np.full(order - 1, ngrams.vocabulary, np.int64), ids])
    found, numbers = [], np.zeros(len(whole), np.int64)
    for length, level in enumerate(ngrams.levels, 1):
        before = np.concatenate([[_MISSING], numbers[:-1]]) if length > 1 else numbers
        keys = before * (ngrams.vocabulary + 1) + whole
        places = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
        is_there = (before >= 0) & (level.keys[places] == keys)
        numbers = np.where(is_there, places, _MISSING)
        found.append(numbers)
    return found


def _of_contexts(values: np.ndarray, numbers: list[np.ndarray], length: int) -> np.ndarray:
    """Of what each n-gram begins with; 0 of what was never seen."""
    if length == 1:
        return np.full(len(numbers[0]), values[0])
    before = np.concatenate([[_MISSING], numbers[length - 2][:-1]])
    return np.where(before >= 0, values[before], 0.0)
