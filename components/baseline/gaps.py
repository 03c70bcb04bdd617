"""What stands in a gap of a text, by counts of words.

A word is a run of letters and digits or another visible sign, in lower case; each one of the rows
that are answered is asked for once, knowing the one before it. A pre-trained model tells pieces of
words, which are more than the words, and the most frequent piece has a smaller share than the most
frequent word: the bar is rather too high than too low.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_WORDS = 2_000_000
"""Of the train split that are counted, so that memory holds the pairs."""
_Texts = Sequence[tuple[bytes, ...]]


def most_frequent(train: _Texts, targets: Sequence[Any], asked: _Texts) -> list[dict[str, Any]]:
    """Answer each gap with the most frequent word."""
    del targets
    counts = Counter(word for words in _counted(train) for word in words)
    best = _best(counts)
    return [_answer(sum(word == best for word in words), len(words)) for words in _words(asked)]


def most_frequent_after(
    train: _Texts, targets: Sequence[Any], asked: _Texts
) -> list[dict[str, Any]]:
    """Answer each gap with the word that most often follows the one before it.

    Where that one was never seen, or none stands before, with the most frequent word.
    """
    del targets
    counts: Counter[str] = Counter()
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for words in _counted(train):
        counts.update(words)
        for before, word in zip(words, words[1:], strict=False):
            after[before][word] += 1
    best = {before: _best(found) for before, found in after.items()}
    default = _best(counts)
    answers = []
    for words in _words(asked):
        told = [default, *(best.get(before, default) for before in words[:-1])]
        hits = sum(one == word for one, word in zip(told, words, strict=False))
        answers.append(_answer(hits, len(words)))
    return answers


def _counted(train: _Texts) -> Iterator[list[str]]:
    counted = 0
    for words in _words(train):
        yield words
        counted += len(words)
        if counted > _MOST_WORDS:
            return


def _words(rows: _Texts) -> Iterator[list[str]]:
    for (text,) in rows:
        yield _WORD.findall(text.decode("utf-8", "replace").lower())


def _best(counts: Counter[str]) -> str:
    """The most frequent one, the first of the alphabet of those alike; empty of nothing."""
    return min(counts, key=lambda word: (-counts[word], word), default="")


def _answer(hits: int, gaps: int) -> dict[str, Any]:
    """As a model is judged: gaps of a text, and those told rightly."""
    return {"hits": hits, "gaps": gaps}
