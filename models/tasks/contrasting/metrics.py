"""How well vectors find what belongs to them, and how they lie.

Partners are looked for among all different ones of the examples that are judged together: of a
split or, in a slice, of the slice. A partner of another example counts as wrong unless it is the
same cell, or the first cells are the same. Where another one is as near, the right one comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

FIRST, SECOND = "first_embedding", "second_embedding"
"""Outputs of an endpoint that is judged: vectors of length 1."""
FIRST_KEY, SECOND_KEY = "first_key", "second_key"
"""What tells equal cells, see `keys.py`."""
_READS = (FIRST, SECOND, FIRST_KEY, SECOND_KEY)
_ROUNDING = 1e-6
"""By how much cosines of the same vectors may differ."""
_AT_ONCE = 1024
"""Rows that are held against all others at once."""


def recall(most: int) -> Metric:
    """Share of examples whose partner is among the nearest ones.

    Args:
        most: How many of the nearest ones.
    """
    return Metric(
        f"recall_at_{most}",
        True,
        (0.0, 1.0),
        _READS,
        _vectors,
        _mean,
        is_proportion=True,
        related=lambda rows: (ranks(rows) <= most).astype(float)[:, None],
    )


def reciprocal_rank() -> Metric:
    """Mean of 1 over the place of the partner, the nearest being at 1.

    Source: Voorhees (1999), "The TREC-8 Question Answering Track Report".
    """
    return Metric("mrr", True, (0.0, 1.0), _READS, _vectors, _mean, related=_reciprocal_ranks)


def alignment() -> Metric:
    """Mean squared distance of an example's two vectors: 0 where they are the same.

    Source: Wang and Isola (2020), "Understanding Contrastive Representation Learning through
    Alignment and Uniformity on the Hypersphere", https://arxiv.org/abs/2005.10242, equation 1 with
    an exponent of 2.
    """

    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        difference = np.asarray(answer[FIRST], float) - np.asarray(answer[SECOND], float)
        return np.array([difference @ difference])

    return Metric("alignment", False, (0.0, 4.0), (FIRST, SECOND), statistics, _mean)


def uniformity() -> Metric:
    """Logarithm of how near the vectors of different examples are: the lower, the more they spread.

    Source: Wang and Isola (2020), equation 2 with a temperature of 2; over the pairs of all vectors
    of different examples. 0 where all vectors are the same, or there is one example only.
    """
    return Metric(
        "uniformity", False, (-8.0, 0.0), _READS, _vectors, _log_mean, related=_potentials
    )


def ranks(rows: np.ndarray) -> np.ndarray:
    """Place of each example's partner, from 1.

    Args:
        rows: Statistics of all examples: both vectors, both keys, `(examples, 2 dim + 2)`.

    Returns:
        `(examples,)` int.
    """
    first, second, first_keys, second_keys = _parted(rows)
    is_listed = np.zeros(len(rows), bool)
    is_listed[np.unique(second_keys, return_index=True)[1]] = True
    found = []
    for begin in range(0, len(rows), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        near = first[part] @ second.T
        own = np.einsum("nd,nd->n", first[part], second[part])
        is_wrong = (first_keys[part, None] != first_keys) & (second_keys[part, None] != second_keys)
        is_nearer = (near > own[:, None] - _ROUNDING) & is_wrong & is_listed
        found.append(1 + is_nearer.sum(1))
    return np.concatenate(found)


def cosine(answer: Mapping[str, Any]) -> float:
    """Of the angle between both vectors of an example."""
    return float(np.asarray(answer[FIRST], float) @ np.asarray(answer[SECOND], float))


def told(answer: Mapping[str, Any]) -> str:
    """An answer in words."""
    return f"cosine {cosine(answer):.2f}"


def _reciprocal_ranks(rows: np.ndarray) -> np.ndarray:
    return 1 / ranks(rows)[:, None]


def _potentials(rows: np.ndarray) -> np.ndarray:
    """Mean over the vectors of other examples of exp(-2 squared distance), `(examples, 1)`."""
    first, second, *_ = _parted(rows)
    if len(rows) < 2:
        return np.ones((len(rows), 1))
    every = np.concatenate([first, second])
    lengths = np.square(every).sum(1)
    total = np.zeros(len(every))
    for begin in range(0, len(every), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        squared = lengths[part, None] + lengths - 2 * every[part] @ every.T
        total[part] = np.exp(-2 * np.maximum(squared, 0)).sum(1)
    within = np.exp(-2 * np.square(first - second).sum(1))
    others = total[: len(rows)] + total[len(rows) :] - 2 * (1 + within)
    return (others / (4 * (len(rows) - 1)))[:, None]


def _parted(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    dim = (rows.shape[1] - 2) // 2
    return rows[:, :dim], rows[:, dim : 2 * dim], rows[:, -2], rows[:, -1]


def _vectors(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
    return np.concatenate([np.ravel(np.asarray(answer[name], float)) for name in _READS])


def _mean(rows: np.ndarray) -> float:
    return float(rows.mean())


def _log_mean(rows: np.ndarray) -> float:
    return float(np.log(max(rows.mean(), np.finfo(float).tiny)))


ALL: tuple[Callable[[], Metric], ...] = (
    lambda: recall(1),
    lambda: recall(5),
    lambda: recall(10),
    reciprocal_rank,
    alignment,
    uniformity,
)
"""The headline first."""
