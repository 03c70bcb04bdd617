"""Figures of entities that a model finds in texts: whole ones, place and type alike.

An entity is right if its first and last sign and its type are. That is how conlleval counts (Tjong
Kim Sang and De Meulder, 2003, "Introduction to the CoNLL-2003 Shared Task"), and, as answers are
valid IOB2, also the strict mode of seqeval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

_SHARE = (0.0, 1.0)
_LENGTH = "start_length"
_READS = ("start", "end", "entity_group", _LENGTH)

Span = tuple[int, int, str]
"""Code points before it, up to its end, and its type."""


def f1(column: str) -> Metric:
    """Harmonic mean of precision and recall of all entities together."""
    return _of_counts("entity_f1", column, lambda hits, given, found: 2 * hits / (given + found))


def precision(column: str) -> Metric:
    """Share of the answered entities that are right; 0 if none is answered."""
    return _of_counts("precision", column, lambda hits, given, found: hits / found)


def recall(column: str) -> Metric:
    """Share of the given entities that are found; 0 if none is given."""
    return _of_counts("recall", column, lambda hits, given, found: hits / given)


def macro_f1(column: str) -> Metric:
    """Mean of the types' F1; types that were neither given nor answered do not count."""

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        return np.array([frozenset(target[column]), frozenset(spans(answer))], object)

    def figure(rows: np.ndarray) -> float:
        found = by_type((given, answered) for given, answered in rows)
        return float(np.mean([one["f1"] for one in found.values()])) if found else 1.0

    return Metric("macro_f1", True, _SHARE, _READS, statistics, figure)


def spans(answer: Mapping[str, Any]) -> list[Span]:
    """The entities of an answer.

    Args:
        answer: Outputs of one example; what they are filled up with, if they are, does not count.
    """
    count = int(np.ravel(answer.get(_LENGTH, len(answer["start"])))[0])
    fields = zip(answer["start"], answer["end"], answer["entity_group"], strict=True)
    return [(int(start), int(end), str(kind)) for start, end, kind in list(fields)[:count]]


def by_type(rows: Any) -> dict[str, dict[str, float]]:
    """F1, precision, recall and number of given entities of each type, the most frequent first.

    Args:
        rows: Given and answered entities of each example.
    """
    hits, given, found = Counter[str](), Counter[str](), Counter[str]()
    for truth, answered in rows:
        given.update(kind for _, _, kind in set(truth))
        found.update(kind for _, _, kind in set(answered))
        hits.update(kind for _, _, kind in set(truth) & set(answered))
    return {
        kind: {
            "f1": 2 * hits[kind] / (given[kind] + found[kind]),
            "precision": hits[kind] / found[kind] if found[kind] else 0.0,
            "recall": hits[kind] / given[kind] if given[kind] else 0.0,
            "entities": given[kind],
        }
        for kind in sorted({*given, *found}, key=lambda kind: (-given[kind], kind))
    }


def _of_counts(name: str, column: str, of_counts: Callable[[float, float, float], float]) -> Metric:
    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        given, found = set(target[column]), set(spans(answer))
        return np.array([len(given & found), len(given), len(found)], float)

    def figure(rows: np.ndarray) -> float:
        hits, given, found = rows.sum(axis=0)
        if not given and not found:
            return 1.0
        return float(of_counts(hits, given, found)) if hits else 0.0

    return Metric(name, True, _SHARE, _READS, statistics, figure)
