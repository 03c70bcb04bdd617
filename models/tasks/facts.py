"""What columns of numbers are like, counted over a train split."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

_EQUAL = 1e-9


def mean_and_deviation(parts: Iterable[np.ndarray]) -> tuple[float, float]:
    """Mean and standard deviation of all numbers together; 0 deviation where all are equal.

    Source: Chan, Golub and LeVeque (1983), "Algorithms for Computing the Sample Variance", to add
    up parts without losing what they differ in.

    Args:
        parts: Numbers, at least one.
    """
    count, mean, squares = 0, 0.0, 0.0
    for part in parts:
        values = part.astype(float).reshape(-1)
        total = count + len(values)
        shift = values.mean() - mean
        squares += ((values - values.mean()) ** 2).sum() + shift**2 * count * len(values) / total
        mean += shift * len(values) / total
        count = total
    deviation = math.sqrt(squares / count)
    # Below what single precision can tell of numbers of this size, they are equal.
    return float(mean), deviation if deviation > _EQUAL * abs(mean) else 0.0
