"""How far a figure may be off because other examples could have been drawn.

Source: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13 (percentile
intervals); Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953, for proportions, whose
bootstrap has no width where every answer is right.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from models.tasks.task import Metric

LEVEL = 0.95
"""Of every interval."""
RESAMPLES = 1000
_SEED = 1337

Interval = tuple[float, float]


def interval(metric: Metric, rows: np.ndarray) -> Interval:
    """The figure's 95 % interval.

    Args:
        metric: Whose figure.
        rows: Statistics of the examples, `(examples, k)`, at least one.
    """
    if metric.is_proportion:
        hits = round(float(rows[:, 0].sum()))
        found = stats.binomtest(hits, len(rows)).proportion_ci(LEVEL, method="wilson")
        return found.low, found.high
    return _percentiles([metric.figure(rows[drawn]) for drawn in _draws(len(rows))])


def interval_of_difference(metric: Metric, ours: np.ndarray, theirs: np.ndarray) -> Interval:
    """95 % interval of our figure minus theirs, of answers to the same examples.

    Args:
        metric: Whose figures.
        ours: Statistics of the examples, `(examples, k)`.
        theirs: The other model's, of the same examples in the same order.
    """
    if len(ours) != len(theirs):
        raise ValueError(f"Expected the same examples. Received: {len(ours)} and {len(theirs)}")
    return _percentiles(
        [metric.figure(ours[drawn]) - metric.figure(theirs[drawn]) for drawn in _draws(len(ours))]
    )


def _draws(count: int) -> np.ndarray:
    return np.random.default_rng(_SEED).integers(count, size=(RESAMPLES, count))


def _percentiles(figures: list[float]) -> Interval:
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
