"""Whether one way of training, or one model, is better than another on the same examples."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.tasks import intervals
from models.tasks.intervals import LEVEL, Interval
from models.tasks.task import Metric
from pipeline.comparison.answers import Answers

_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True)
class PairedDifference:
    """A figure of one way minus that of another, trained with the same seeds."""

    differences: tuple[float, ...]
    """Of each seed."""
    mean: float
    """Their mean."""
    over_seeds: Interval | None
    """95 % interval of the mean if other seeds were drawn; None with fewer than two."""
    over_examples: Interval
    """95 % interval of the mean if other examples were asked of these same models."""
    is_better_high: bool
    """Whether more of the figure is better."""

    @property
    def verdict(self) -> str:
        """`better` or `worse` if both intervals lie on one side of 0, else `not told apart`."""
        found = [self.over_seeds, self.over_examples]
        if all(i is not None and i[0] > 0 for i in found):
            return "better" if self.is_better_high else "worse"
        if all(i is not None and i[1] < 0 for i in found):
            return "worse" if self.is_better_high else "better"
        return "not told apart"


def compare(metric: Metric, ours: Sequence[Answers], theirs: Sequence[Answers]) -> PairedDifference:
    """Compare two ways of training.

    The interval over seeds is Student's for paired differences; over examples see
    `over_examples`.

    Args:
        metric: Whose figures are compared.
        ours: Answers of models to the same examples, one for each seed.
        theirs: The same of the other way, with the same seeds in the same order.

    Raises:
        ValueError: If there is no pair, or pairs answered different examples.
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError(f"Expected pairs of answers. Received: {len(ours)} and {len(theirs)}")
    for one, other in zip(ours, theirs, strict=True):
        if one.targets != other.targets:
            raise ValueError(
                "Both ways must be asked about the same examples. Received: others in pair "
                f"{ours.index(one) + 1} of {len(ours)}"
            )
    rows = [answers.statistics(metric) for answers in ours]
    other_rows = [answers.statistics(metric) for answers in theirs]
    by_seed = np.array(
        [
            metric.figure(one) - metric.figure(other)
            for one, other in zip(rows, other_rows, strict=True)
        ]
    )
    return PairedDifference(
        differences=tuple(by_seed.tolist()),
        mean=float(by_seed.mean()),
        over_seeds=_students(by_seed),
        over_examples=over_examples(metric, rows, other_rows),
        is_better_high=metric.is_better_high,
    )


def over_examples(
    metric: Metric, ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]
) -> Interval:
    """95 % interval of a mean difference if other examples were drawn.

    Of a proportion it takes each example's difference, averaged over the pairs, as one draw (normal
    approximation). Other figures are computed anew of the same resampled examples on both sides.

    Args:
        metric: Whose figures differ.
        ours: Statistics of the same examples, `(examples, k)`, of each model of one side.
        theirs: Of the other side's models, in the same order.
    """
    pairs = list(zip(ours, theirs, strict=True))
    if metric.is_proportion:
        by_example = np.mean([one[:, 0] - other[:, 0] for one, other in pairs], axis=0)
        quantile = float(stats.norm.ppf((1 + LEVEL) / 2))
        return _around(float(by_example.mean()), quantile * _standard_error(by_example))

    def mean_difference(places: np.ndarray) -> float:
        figures = [metric.figure(one[places]) - metric.figure(two[places]) for one, two in pairs]
        return float(np.mean(figures))

    return intervals.resampled(mean_difference, len(ours[0]))


def tested(metric: Metric, one: np.ndarray, other: np.ndarray) -> tuple[Interval, float]:
    """Interval of a difference as `over_examples` has it, and its p.

    That is the chance of a difference at least as large between equally good models; of a
    proportion by an exact test, see `mcnemar`. Other figures are computed anew of the same
    resampled examples on both sides; the differences, moved to a mean of 0, are those of models
    that are equally good (Riezler and Maxwell, 2005, https://aclanthology.org/W05-0908, section
    5.1, the bootstrap test; one is added to both counts as Phipson and Smyth, 2010,
    https://doi.org/10.2202/1544-6115.1585).

    Args:
        metric: Whose figures differ.
        one: Statistics of the same examples, `(examples, k)`, of a model.
        other: Of the other model.
    """
    if metric.is_proportion:
        return over_examples(metric, [one], [other]), mcnemar(one, other)
    found = intervals.resamples(
        lambda places: metric.figure(one[places]) - metric.figure(other[places]), len(one)
    )
    difference = metric.figure(one) - metric.figure(other)
    as_far = np.abs(found - found.mean()) >= abs(difference) - _ROUNDING
    return intervals.middle(found), float((as_far.sum() + 1) / (len(found) + 1))


def mcnemar(one: np.ndarray, other: np.ndarray) -> float:
    """Exact McNemar test of two models on the same examples.

    Only examples that one has right and the other wrong tell them apart; if the models are equally
    good, each is as likely to be the one that is right.

    Source: McNemar (1947), https://doi.org/10.1007/BF02295996; the exact form of Dietterich
    (1998), https://doi.org/10.1162/089976698300017197, section 3.1.

    Args:
        one: Whether each answer of a model is right, statistics `(examples, 1)` of a proportion.
        other: The same of the other model.

    Returns:
        1 if the models are right on the same examples.
    """
    first, second = int(np.sum(one > other)), int(np.sum(other > one))
    if first + second == 0:
        return 1.0
    return float(stats.binomtest(first, first + second).pvalue)


def _students(values: np.ndarray) -> Interval | None:
    if len(values) < 2:
        return None
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))
    return _around(float(values.mean()), quantile * _standard_error(values))


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def _around(middle: float, width: float) -> Interval:
    return middle - width, middle + width
