"""A text written word by word, each by the word that it most often stands beside in training.

Source: Brown et al. (1993), "The Mathematics of Statistical Machine Translation",
https://aclanthology.org/J93-2003, section 4.5.1: model 1, learned by expectation and maximisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

_WORD = re.compile(r"\w+|[^\w\s]")
_BEFORE_SIGN = re.compile(r"\s+(?=[.,!?;:%)\]}])|(?<=[(\[{])\s+")
_ROUNDS = 5
_MOST_LINKS = 10_000_000
"""Pairs of words that memory holds; texts behind them are not learned from."""
MOST_WORDS = 100
"""Of a text; what is behind them is not learned from, nor written by a beam."""

Rows = Sequence[tuple[bytes, ...]]


class Table:
    """Probabilities of words that are written, given one that is read: `t(written | read)`."""

    def __init__(
        self, pairs: Sequence[tuple[Sequence[str], Sequence[str]]], *, has_empty: bool = True
    ) -> None:
        """Begin with a uniform table.

        Args:
            pairs: Words of what is read, and of what is written.
            has_empty: Whether a word may be written by no word that is read, which is then `None`.
        """
        empty = [None] if has_empty else []
        self._read: dict[str | None, int] = {}
        self._written: dict[str, int] = {}
        read, written, places = [], [], []
        count = 0
        for source, target in pairs:
            ids = [self._read.setdefault(word, len(self._read)) for word in [*empty, *source]]
            for word in target:
                read += ids
                written += [self._written.setdefault(word, len(self._written))] * len(ids)
                places += [count] * len(ids)
                count += 1
        self._places = np.array(places, int)
        keys = np.array(read, int) * max(len(self._written), 1) + np.array(written, int)
        self._keys, self._links = np.unique(keys, return_inverse=True)
        self._owners = self._keys // max(len(self._written), 1)
        self._shares = np.full(len(self._keys), 1 / max(len(self._written), 1))

    def learn(self) -> None:
        """One round of expectation and maximisation."""
        if not len(self._keys):
            return
        found = self._shares[self._links]
        found /= np.bincount(self._places, found)[self._places]
        counts = np.bincount(self._links, found)
        self._shares = counts / np.bincount(self._owners, counts)[self._owners]

    def probability(self, written: str, read: str | None) -> float:
        """`t(written | read)`; 0 of what never stood together."""
        if written not in self._written or read not in self._read:
            return 0.0
        key = self._read[read] * len(self._written) + self._written[written]
        place = np.searchsorted(self._keys, key)
        is_there = place < len(self._keys) and self._keys[place] == key
        return float(self._shares[place]) if is_there else 0.0

    def entries(self) -> Iterator[tuple[str | None, str, float]]:
        """Words that are read and written together, with `t(written | read)`."""
        names, read = list(self._written), list(self._read)
        for key, share in zip(self._keys.tolist(), self._shares.tolist(), strict=True):
            yield read[key // len(names)], names[key % len(names)], share

    def best(self) -> dict[str | None, str]:
        """The most likely word for each one that is read; of equal ones the first that was met."""
        order = np.lexsort((self._keys, -self._shares, self._owners))
        owners, firsts = np.unique(self._owners[order], return_index=True)
        keys = self._keys[order][firsts]
        names, read = list(self._written), list(self._read)
        return {
            read[owner]: names[key % len(names)] for owner, key in zip(owners, keys, strict=True)
        }


def parted(text: str) -> list[str]:
    """Words and single signs of a text."""
    return _WORD.findall(text)


def joined(words: Sequence[str]) -> str:
    """A text of words and signs."""
    return _BEFORE_SIGN.sub("", " ".join(words))


def word_by_word(rows: Rows, targets: Sequence[str], queries: Rows) -> list[dict[str, Any]]:
    """Write a word for each that is read, in its order; unknown ones stay: `baseline.measure`."""
    table = Table(pairs(rows, targets))
    for _ in range(_ROUNDS):
        table.learn()
    best = table.best()
    return [answer(joined([best.get(word, word) for word in of_row(query)])) for query in queries]


def copied(rows: Rows, targets: Sequence[str], queries: Rows) -> list[dict[str, Any]]:
    """Write what is read: `baseline.measure`."""
    del rows, targets
    return [answer(_decoded(query)) for query in queries]


def pairs(rows: Rows, targets: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Words of what is read and of what is written, as far as they are learned from."""
    found: list[tuple[list[str], list[str]]] = []
    links = 0
    for row, target in zip(rows, targets, strict=True):
        source, written = of_row(row)[:MOST_WORDS], parted(target)[:MOST_WORDS]
        links += (len(source) + 1) * len(written)
        if links > _MOST_LINKS and found:
            break
        found.append((source, written))
    return found


def of_row(row: tuple[bytes, ...]) -> list[str]:
    """Words of what is read."""
    return parted(_decoded(row))


def answer(text: str) -> dict[str, Any]:
    """A text as a model answers it."""
    return {"text": text}


def _decoded(row: tuple[bytes, ...]) -> str:
    return row[0].decode("utf-8", "replace")
