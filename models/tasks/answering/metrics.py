"""Figures of answers to questions, as the official scripts of SQuAD and KorQuAD count.

Sources: Rajpurkar et al. (2016), "SQuAD", https://arxiv.org/abs/1606.05250, section 6.1, and
(2018), https://arxiv.org/abs/1806.03822, for questions without an answer; Lim et al. (2019),
"KorQuAD1.0", https://arxiv.org/abs/1909.07005, for characters. Each answer is held against the
given one that it fits best.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.tasks.answers import LENGTH
from models.tasks.task import Metric

_ANSWER = "answer"
_READS = (_ANSWER, _ANSWER + LENGTH)
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_KOREAN_BRACKETS = re.compile("['\"《》<>〈〉()‘’]")


def exact_match(column: str) -> Metric:
    """Share of answers that are right but for case, punctuation and English articles."""
    return _of_best("exact_match", column, _is_equal, is_proportion=True)


def f1(column: str) -> Metric:
    """Mean F1 of the words of given and found answer."""
    return _of_best("f1", column, lambda given, found: _f1(_words(given), _words(found)))


def character_f1(column: str) -> Metric:
    """Mean F1 of their characters, which suits languages that glue words together."""
    return _of_best(
        "character_f1", column, lambda given, found: _f1(_characters(given), _characters(found))
    )


def best(answer: Mapping[str, Any]) -> str:
    """The best answer; empty for none."""
    count = int(np.ravel(answer.get(_READS[1], len(answer[_ANSWER])))[0])
    return str(answer[_ANSWER][0]) if count else ""


def is_right(given: Sequence[str], answer: Mapping[str, Any]) -> bool:
    """Whether the best answer is one of the given ones; there may be none of both."""
    return any(_is_equal(text, best(answer)) for text in _answers(given))


def _of_best(
    name: str, column: str, score: Callable[[str, str], float], *, is_proportion: bool = False
) -> Metric:
    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        scores = [score(text, best(answer)) for text in _answers(target[column])]
        return np.array([max(scores)], float)

    def figure(rows: np.ndarray) -> float:
        return float(rows.mean())

    return Metric(name, True, (0.0, 1.0), _READS, statistics, figure, is_proportion)


def _answers(given: Sequence[str]) -> list[str]:
    """Those of which something counts; an empty one where there is none."""
    return [text for text in given if _words(text)] or [""]


def _words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _characters(text: str) -> list[str]:
    plain = _KOREAN_BRACKETS.sub(" ", text).lower().translate(_PUNCTUATION)
    return list("".join(plain.split()))


def _is_equal(given: str, found: str) -> float:
    return float(_words(given) == _words(found))


def _f1(given: Sequence[str], found: Sequence[str]) -> float:
    if not given or not found:
        return float(given == found)
    shared = sum((Counter(given) & Counter(found)).values())
    return 2 * shared / (len(given) + len(found))
