"""A text written by Bayes' rule: what would be read of it, and how it sounds.

Source: Brown et al. (1993), "The Mathematics of Statistical Machine Translation",
https://aclanthology.org/J93-2003, section 1: the best text has the highest product of its own
probability, here by runs of three words, and of that of what is read given it, here by model 1.
Words are written in the order in which they are read, one for each or none. Runs are smoothed as
Witten and Bell (1991), https://doi.org/10.1109/18.87000, in the interpolated form of Chen and
Goodman (1998), "An Empirical Study of Smoothing Techniques for Language Modeling", section 2.5.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from components.baseline import words
from components.baseline.words import Rows, Table

_ROUNDS = 5
_CANDIDATES = 8
"""Words that a word may be read of."""
_BEAM = 12
"""Beginnings that are written on side by side."""
_EDGE = ""
"""Stands before and behind a text."""
_LEAST = 1e-9

History = tuple[str, str]


class Trigrams:
    """How probable a word is after the two before it."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self._counts: list[dict[Any, Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
        for text in texts:
            padded = [_EDGE, _EDGE, *text, _EDGE]
            for one, two, word in zip(padded, padded[1:], padded[2:], strict=False):
                for order, before in enumerate((None, two, (one, two))):
                    self._counts[order][before][word] += 1
        self._totals = [
            {key: found.total() for key, found in each.items()} for each in self._counts
        ]
        self._size = len(self._counts[0].get(None, ())) + 1

    def log(self, word: str, before: History) -> float:
        """Logarithm of the probability of a word; of an unknown one, too."""
        share = 1 / self._size
        for order, key in enumerate((None, before[1], before)):
            found = self._counts[order].get(key)
            if not found:
                break
            total = self._totals[order][key]
            share = (found[word] + len(found) * share) / (total + len(found))
        return math.log(share)

    def count(self, word: str) -> int:
        """How often it was written."""
        return self._counts[0][None][word]


def by_bayes(rows: Rows, targets: Sequence[str], queries: Rows) -> list[dict[str, Any]]:
    """Write the best text that a beam finds: `baseline.measure`."""
    pairs = [(target, source) for source, target in words.pairs(rows, targets)]
    channel, language = Table(pairs), Trigrams(target for target, _ in pairs)
    for _ in range(_ROUNDS):
        channel.learn()
    known = _Candidates(channel, language)
    read = (words.of_row(row)[: words.MOST_WORDS] for row in queries)
    return [words.answer(words.joined(_best(text, known))) for text in read]


class _Candidates:
    """What a word may have been read of."""

    def __init__(self, channel: Table, language: Trigrams) -> None:
        self.language = language
        self._found: dict[str, list[tuple[str | None, float]]] = defaultdict(list)
        for written, read, share in channel.entries():
            self._found[read].append((written, share))
        for read, entries in self._found.items():
            entries.sort(key=self._rank)
            self._found[read] = [
                (word, math.log(max(p, _LEAST))) for word, p in entries[:_CANDIDATES]
            ]

    def of(self, word: str) -> list[tuple[str | None, float]]:
        """Words, None for no word, with the logarithm of the probability of reading them so."""
        return self._found.get(word) or [(word, 0.0)]

    def _rank(self, entry: tuple[str | None, float]) -> tuple[float, str]:
        """The most probable first; no word before all of them."""
        word, share = entry
        return (-math.inf, "") if word is None else (-share * self.language.count(word), word)


def _best(read: Sequence[str], known: _Candidates) -> list[str]:
    """The best text of a beam; beginnings with the same last two words share a place."""
    beam: dict[History, tuple[float, list[str]]] = {(_EDGE, _EDGE): (0.0, [])}
    for word in read:
        grown: dict[History, tuple[float, list[str]]] = {}
        for before, (score, text) in beam.items():
            for candidate, log in known.of(word):
                if candidate is None:
                    after, total, longer = before, score + log, text
                else:
                    after = (before[1], candidate)
                    total = score + log + known.language.log(candidate, before)
                    longer = [*text, candidate]
                if after not in grown or total > grown[after][0]:
                    grown[after] = total, longer
        beam = dict(sorted(grown.items(), key=lambda one: -one[1][0])[:_BEAM])
    ended = [
        (score + known.language.log(_EDGE, before), text) for before, (score, text) in beam.items()
    ]
    return max(ended, key=lambda one: one[0])[1]
