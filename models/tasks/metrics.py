"""Figures of answers: numbers per example, then one figure of many.

Every metric is a `Metric` about one target column, so the same code gives the Evaluator's figures,
their intervals and slices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

LEAST_PROBABILITY = 1e-7
"""What a probability counts as at least in a cross-entropy; Keras's own bound."""
_SHARE = (0.0, 1.0)
_CORRELATION = (-1.0, 1.0)
_POSITIVE = (0.0, math.inf)
_SETS = ("labels", "is_chosen")

Values = Mapping[str, Any]


def accuracy(column: str) -> Metric:
    """Share of right labels."""
    return Metric(
        "accuracy",
        True,
        _SHARE,
        ("label",),
        lambda target, answer: np.array([target[column] == _one(answer["label"])], float),
        _mean,
        is_proportion=True,
    )


def macro_f1(column: str) -> Metric:
    """Mean over the labels of the harmonic mean of precision and recall.

    Labels that were neither given nor answered do not count. Source: Lewis et al. (2004), "RCV1",
    JMLR 5, section 4.3.
    """
    return Metric("macro_f1", True, _SHARE, ("label",), _pair(column), _macro_f1_of_labels)


def matthews(column: str) -> Metric:
    """Matthews' correlation of given and answered labels, of two or more classes.

    Source: Gorodkin (2004), "Comparing two K-category assignments by a K-category correlation
    coefficient", https://doi.org/10.1016/j.compbiolchem.2004.09.006. 0 where one side is constant.
    """
    return Metric("matthews", True, _CORRELATION, ("label",), _pair(column), _matthews)


def cross_entropy(column: str) -> Metric:
    """Mean negative logarithm of the probability of the given label, in nats.

    A label that the model does not know is one to which it gives no probability.
    """

    def statistics(target: Values, answer: Values) -> np.ndarray:
        known = np.flatnonzero(np.asarray(answer["labels"]) == target[column])
        probability = float(answer["probabilities"][known[0]]) if known.size else 0.0
        return np.array([-math.log(min(max(probability, LEAST_PROBABILITY), 1.0))])

    return Metric("cross_entropy", False, _POSITIVE, ("labels", "probabilities"), statistics, _mean)


def mean_absolute_error(column: str) -> Metric:
    """Mean of the errors' sizes, in the target's unit."""
    return _of_numbers("mae", False, _POSITIVE, column, lambda t, a: np.abs(t - a).mean())


def root_mean_squared_error(column: str) -> Metric:
    """Root of the mean squared error, in the target's unit."""
    return _of_numbers(
        "rmse", False, _POSITIVE, column, lambda t, a: math.sqrt(((t - a) ** 2).mean())
    )


def determination(column: str) -> Metric:
    """Share of the target's variance that the answers explain, R2; below 0 for less than its mean.

    Source: Draper and Smith (1998), "Applied Regression Analysis", section 1.3. 0 where the target
    does not vary.
    """
    return _of_numbers("r2", True, (-math.inf, 1.0), column, _determination)


def pearson(column: str) -> Metric:
    """Pearson's correlation of target and answer; 0 where one of them does not vary."""
    return _of_numbers("pearson", True, _CORRELATION, column, _correlation)


def spearman(column: str) -> Metric:
    """Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank."""
    return _of_numbers("spearman", True, _CORRELATION, column, _rank_correlation)


def exact_match(column: str) -> Metric:
    """Share of examples all of whose labels are right and complete."""

    def statistics(target: Values, answer: Values) -> np.ndarray:
        return np.array([set(target[column]) == set(chosen(answer))], float)

    return Metric("exact_match", True, _SHARE, _SETS, statistics, _mean, is_proportion=True)


def micro_f1(column: str) -> Metric:
    """F1 of all decisions about labels together."""

    def statistics(target: Values, answer: Values) -> np.ndarray:
        given, answered = set(target[column]), set(chosen(answer))
        return np.array([len(given & answered), len(given) + len(answered)], float)

    def figure(rows: np.ndarray) -> float:
        hits, sizes = rows.sum(axis=0)
        return float(2 * hits / sizes) if sizes else 1.0

    return Metric("micro_f1", True, _SHARE, _SETS, statistics, figure)


def macro_f1_of_sets(column: str) -> Metric:
    """Mean over the labels of the F1 of whether an example has the label.

    Labels that were neither given nor answered do not count.
    """

    def statistics(target: Values, answer: Values) -> np.ndarray:
        return np.array([frozenset(target[column]), frozenset(chosen(answer))], object)

    return Metric("macro_f1", True, _SHARE, _SETS, statistics, _macro_f1_of_sets)


def chosen(answer: Values) -> list[str]:
    """The labels that an answer of several labels stands for."""
    pairs = zip(answer["labels"], answer["is_chosen"], strict=True)
    return [label for label, is_chosen in pairs if is_chosen]


def _pair(column: str) -> Callable[[Values, Values], np.ndarray]:
    return lambda target, answer: np.array([target[column], _one(answer["label"])], object)


def _one(value: Any) -> Any:
    """A value that may come in an array of its own."""
    return np.asarray(value, dtype=object).reshape(-1)[0]


def _mean(rows: np.ndarray) -> float:
    return float(rows[:, 0].mean())


def _ids(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Given and answered labels as numbers, and how many labels there are."""
    names, ids = np.unique(rows.astype(str), return_inverse=True)
    given, answered = ids.reshape(rows.shape).T
    return given, answered, len(names)


def _macro_f1_of_labels(rows: np.ndarray) -> float:
    given, answered, size = _ids(rows)
    hits = np.bincount(given[given == answered], minlength=size)
    sizes = np.bincount(given, minlength=size) + np.bincount(answered, minlength=size)
    return float((2 * hits / sizes).mean())


def _matthews(rows: np.ndarray) -> float:
    given, answered, size = _ids(rows)
    true, predicted = (np.bincount(ids, minlength=size).astype(float) for ids in (given, answered))
    count, right = float(len(rows)), float((given == answered).sum())
    covariance = right * count - true @ predicted
    variances = (count**2 - predicted @ predicted) * (count**2 - true @ true)
    return float(covariance / math.sqrt(variances)) if variances > 0 else 0.0


def _macro_f1_of_sets(rows: np.ndarray) -> float:
    hits: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for given, answered in rows:
        for side in (given, answered):
            for label in side:
                sizes[label] = sizes.get(label, 0) + 1
        for label in given & answered:
            hits[label] = hits.get(label, 0) + 1
    if not sizes:
        return 1.0
    return sum(2 * hits.get(label, 0) / size for label, size in sizes.items()) / len(sizes)


def _of_numbers(
    name: str,
    is_better_high: bool,
    bounds: tuple[float, float],
    column: str,
    of_both: Callable[[np.ndarray, np.ndarray], float],
) -> Metric:
    def statistics(target: Values, answer: Values) -> np.ndarray:
        return np.array([float(target[column]), float(_one(answer["value"]))])

    def figure(rows: np.ndarray) -> float:
        return float(of_both(rows[:, 0], rows[:, 1]))

    return Metric(name, is_better_high, bounds, ("value",), statistics, figure)


def _determination(target: np.ndarray, answer: np.ndarray) -> float:
    total = ((target - target.mean()) ** 2).sum()
    return float(1 - ((target - answer) ** 2).sum() / total) if total else 0.0


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    scale = math.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 0 else 0.0


def _rank_correlation(target: np.ndarray, answer: np.ndarray) -> float:
    from scipy import stats

    return _correlation(stats.rankdata(target), stats.rankdata(answer))
