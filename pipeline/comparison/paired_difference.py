"""Whether one way of training is better than another, over several seeds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.tasks.intervals import LEVEL
from pipeline.comparison.answers import Answers

Interval = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class PairedDifference:
    """Accuracy of one way minus that of another, trained with the same seeds."""

    differences: tuple[float, ...]
    """Of each seed, -1 to 1."""
    mean: float
    """Their mean."""
    over_seeds: Interval | None
    """95 % interval of the mean if other seeds were drawn; None with fewer than two."""
    over_examples: Interval
    """95 % interval of the mean if other examples were asked of these same models."""

    @property
    def verdict(self) -> str:
        """`better` or `worse` if both intervals lie on one side of 0, else `not told apart`."""
        intervals = [self.over_seeds, self.over_examples]
        if all(i is not None and i[0] > 0 for i in intervals):
            return "better"
        if all(i is not None and i[1] < 0 for i in intervals):
            return "worse"
        return "not told apart"


def compare(ours: Sequence[Answers], theirs: Sequence[Answers]) -> PairedDifference:
    """Compare two ways of training.

    The interval over seeds is Student's for paired differences. That over examples takes each
    example's difference, averaged over the seeds, as one draw (normal approximation).

    Args:
        ours: Answers of models to the same examples, one for each seed.
        theirs: The same of the other way, with the same seeds in the same order.

    Raises:
        ValueError: If there is no pair, or pairs answered different examples.
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError(f"Expected pairs of answers. Received: {len(ours)} and {len(theirs)}")
    for one, other in zip(ours, theirs, strict=True):
        if not np.array_equal(one.given, other.given):
            raise ValueError("Both ways must be asked about the same examples.")
    right = np.array([answers.is_right for answers in ours], float)
    other_right = np.array([answers.is_right for answers in theirs], float)
    by_seed = (right - other_right).mean(axis=1)
    by_example = (right - other_right).mean(axis=0)
    mean = float(by_seed.mean())
    quantile = stats.norm.ppf((1 + LEVEL) / 2)
    return PairedDifference(
        differences=tuple(by_seed.tolist()),
        mean=mean,
        over_seeds=_students(by_seed),
        over_examples=_around(mean, float(quantile) * _standard_error(by_example)),
    )


def _students(values: np.ndarray) -> Interval | None:
    if len(values) < 2:
        return None
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))
    return _around(float(values.mean()), quantile * _standard_error(values))


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def _around(middle: float, width: float) -> Interval:
    return middle - width, middle + width
