"""Tests of models/tasks/{metrics,intervals}.py against scikit-learn and SciPy."""

import numpy as np
import pytest
import sklearn.metrics
from scipy import stats

from models.tasks import intervals, metrics

GIVEN = ["a"] * 6 + ["나"] * 3 + ["c"] * 2 + ["e"]
ANSWERED = ["a", "a", "a", "a", "나", "f", "나", "나", "a", "a", "나", "e"]
TARGETS = np.array([1.5, -2.0, 3.25, 0.0, 10.0, 3.25, 7.0])
VALUES = np.array([1.0, -1.0, 3.0, 3.0, 8.0, 2.0, 9.0])
SETS = [("x", "y"), (), ("y",), ("z",), ("x", "y", "z"), ("x",)]
CHOSEN = [("x",), ("y",), ("y",), (), ("x", "y", "z"), ("x",)]
NAMES = ["x", "y", "z"]


def rows_of(metric, targets, answers):
    return np.stack(
        [
            metric.statistics({"column": target}, answer)
            for target, answer in zip(targets, answers, strict=True)
        ]
    )


def labels(metric, given=GIVEN, answered=ANSWERED):
    return metric("column").figure(
        rows_of(metric("column"), given, [{"label": label} for label in answered])
    )


def numbers(metric, targets=TARGETS, values=VALUES):
    one = metric("column")
    return one.figure(rows_of(one, targets, [{"value": np.array([value])} for value in values]))


def sets(metric, given=SETS, chosen=CHOSEN):
    answers = [{"labels": NAMES, "is_chosen": [name in one for name in NAMES]} for one in chosen]
    return metric("column").figure(rows_of(metric("column"), given, answers))


def indicator(rows):
    return np.array([[name in row for name in NAMES] for row in rows], int)


def test_accuracy_is_that_of_scikit_learn():
    assert labels(metrics.accuracy) == sklearn.metrics.accuracy_score(GIVEN, ANSWERED)


def test_macro_f1_is_that_of_scikit_learn():
    expected = sklearn.metrics.f1_score(GIVEN, ANSWERED, average="macro", zero_division=0)
    assert labels(metrics.macro_f1) == pytest.approx(expected)


def test_matthews_correlation_is_that_of_scikit_learn():
    expected = sklearn.metrics.matthews_corrcoef(GIVEN, ANSWERED)
    assert labels(metrics.matthews) == pytest.approx(expected)
    assert labels(metrics.matthews, ["a", "b"], ["a", "a"]) == 0


def test_cross_entropy_is_that_of_scikit_learn_and_unknown_labels_have_no_probability():
    names = np.array(["a", "b", "c"])
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]])
    one = metrics.cross_entropy("column")
    answers = [{"labels": names, "probabilities": row} for row in probabilities]
    given = ["a", "c", "b"]
    expected = sklearn.metrics.log_loss(given, probabilities, labels=list(names))
    assert one.figure(rows_of(one, given, answers)) == pytest.approx(expected)
    unknown = one.figure(rows_of(one, ["?"], answers[:1]))
    assert unknown == pytest.approx(-np.log(metrics.LEAST_PROBABILITY))


def test_errors_of_numbers_are_those_of_scikit_learn():
    mae = sklearn.metrics.mean_absolute_error(TARGETS, VALUES)
    assert numbers(metrics.mean_absolute_error) == pytest.approx(mae)
    rmse = sklearn.metrics.root_mean_squared_error(TARGETS, VALUES)
    assert numbers(metrics.root_mean_squared_error) == pytest.approx(rmse)
    assert numbers(metrics.determination) == pytest.approx(
        sklearn.metrics.r2_score(TARGETS, VALUES)
    )


def test_correlations_are_those_of_scipy_though_values_repeat():
    assert numbers(metrics.pearson) == pytest.approx(stats.pearsonr(TARGETS, VALUES)[0])
    assert numbers(metrics.spearman) == pytest.approx(stats.spearmanr(TARGETS, VALUES)[0])


@pytest.mark.parametrize("metric", [metrics.pearson, metrics.spearman])
def test_what_does_not_vary_is_not_correlated(metric):
    assert numbers(metric, np.array([1.0, 2.0]), np.array([3.0, 3.0])) == 0


def test_a_target_that_does_not_vary_is_not_explained():
    assert numbers(metrics.determination, np.array([2.0, 2.0]), np.array([2.0, 1.0])) == 0


def test_scores_of_several_labels_are_those_of_scikit_learn():
    given, chosen = indicator(SETS), indicator(CHOSEN)
    micro = sklearn.metrics.f1_score(given, chosen, average="micro")
    macro = sklearn.metrics.f1_score(given, chosen, average="macro")
    assert sets(metrics.micro_f1) == pytest.approx(micro)
    assert sets(metrics.macro_f1_of_sets) == pytest.approx(macro)
    assert sets(metrics.exact_match) == sklearn.metrics.accuracy_score(given, chosen)


@pytest.mark.parametrize("metric", [metrics.micro_f1, metrics.macro_f1_of_sets])
def test_no_label_where_none_is_given_is_right(metric):
    assert sets(metric, [(), ()], [(), ()]) == 1


def test_a_proportion_has_wilsons_interval():
    rows = np.array([[1.0]] * 8 + [[0.0]] * 2)
    expected = stats.binomtest(8, 10).proportion_ci(0.95, method="wilson")
    assert intervals.interval(metrics.accuracy("x"), rows) == (expected.low, expected.high)


def test_other_figures_have_an_interval_around_them_that_narrows_with_examples():
    one = metrics.mean_absolute_error("x")
    drawn = np.random.default_rng(0).normal(size=(400, 2))
    few, many = intervals.interval(one, drawn[:40]), intervals.interval(one, drawn)
    assert few[0] < one.figure(drawn[:40]) < few[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 2
    assert intervals.interval(one, drawn) == many
