"""How far a figure may be off because other examples could have been drawn.

Source: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13 (percentile
intervals); Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953, for proportions, whose
bootstrap has no width where every answer is right.
"""

from __future__ import annotations

from collections.abc import Callable

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
        return of_proportion(round(float(rows[:, 0].sum())), len(rows))
    return resampled(lambda places: metric.figure(rows[places]), len(rows))


def of_proportion(hits: int, count: int) -> Interval:
    """Wilson's 95 % interval of a proportion.

    Args:
        hits: Examples that have what is counted.
        count: Number of examples, at least one.
    """
    found = stats.binomtest(hits, count).proportion_ci(LEVEL, method="wilson")
    return found.low, found.high


def resampled(figure: Callable[[np.ndarray], float], count: int) -> Interval:
    """The 95 % percentile interval of what is computed of examples.

    Args:
        figure: Of the examples at some places, `(examples,)` integers, repeated ones included.
        count: Number of examples, at least one.
    """
    return middle(resamples(figure, count))


def middle(figures: np.ndarray) -> Interval:
    """Where 95 % of figures lie, of resampled examples."""
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def resamples(figure: Callable[[np.ndarray], float], count: int) -> np.ndarray:
    """What is computed of resampled examples, `(RESAMPLES,)`; see `resampled`."""
    drawn = np.random.default_rng(_SEED).integers(count, size=(RESAMPLES, count))
    return np.array([figure(places) for places in drawn])
