"""Tests of pipeline/comparison/paired_difference.py: differences and their intervals."""

import numpy as np
import pytest
from scipy import stats

from models.tasks import metrics
from pipeline.comparison import paired_difference
from pipeline.comparison.answers import Answers

ACCURACY, MAE = metrics.accuracy("label"), metrics.mean_absolute_error("n")
GIVEN = np.array(list("abcdefghij"))


def answers(wrong):
    """Answers with the first `wrong` examples wrong."""
    return Answers({"label": list(GIVEN)}, {"label": np.where(np.arange(10) < wrong, "?", GIVEN)})


def numbers(values):
    return Answers({"n": [float(n) for n in range(40)]}, {"value": np.asarray(values)})


def off_by(errors):
    """Statistics of numbers that should be 0."""
    return np.stack([np.zeros(len(errors)), errors], axis=1)


def p_value(*given):
    return paired_difference.tested(*given)[1]


def rights(text):
    """Statistics of a proportion: `r` is right."""
    return np.array([[letter == "r"] for letter in text], float)


def test_the_interval_over_seeds_is_students_for_pairs():
    ours, theirs = [answers(n) for n in (1, 2, 2)], [answers(n) for n in (4, 3, 4)]
    found = paired_difference.compare(ACCURACY, ours, theirs)
    assert found.differences == pytest.approx((0.3, 0.1, 0.2))
    expected = stats.ttest_rel([0.9, 0.8, 0.8], [0.6, 0.7, 0.6]).confidence_interval(0.95)
    assert found.over_seeds == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(0.2)


def test_the_interval_over_examples_is_of_each_examples_mean_difference():
    found = paired_difference.compare(ACCURACY, [answers(0), answers(0)], [answers(2), answers(4)])
    # Two examples differ in both seeds, two in one.
    each = np.array([1, 1, 0.5, 0.5, 0, 0, 0, 0, 0, 0])
    width = 1.959964 * each.std(ddof=1) / np.sqrt(10)
    assert found.over_examples == pytest.approx((0.3 - width, 0.3 + width), abs=1e-6)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ((0, 1, 0), (7, 8, 7), "better"),
        ((7, 8, 7), (0, 1, 0), "worse"),
        ((3, 4, 3), (3, 3, 4), "not told apart"),
        ((0, 0), (1, 1), "not told apart"),  # One of ten examples alone.
        ((0,), (9,), "not told apart"),  # One seed says nothing about seeds.
    ],
)
def test_the_verdict_needs_both_intervals_on_one_side(ours, theirs, verdict):
    found = paired_difference.compare(
        ACCURACY, list(map(answers, ours)), list(map(answers, theirs))
    )
    assert found.verdict == verdict


def test_answers_to_other_examples_are_refused():
    other = Answers({"label": list(GIVEN[::-1])}, {"label": GIVEN})
    with pytest.raises(ValueError, match="the same examples"):
        paired_difference.compare(ACCURACY, [answers(0)], [other])
    with pytest.raises(ValueError, match="pairs of answers. Received: 1 and 0"):
        paired_difference.compare(ACCURACY, [answers(0)], [])


def test_of_what_is_better_low_a_smaller_figure_is_better():
    noise = np.random.default_rng(0).normal(size=(3, 40))
    truth = np.arange(40.0)
    ours, theirs = ([numbers(truth + k * n) for n in noise] for k in (1, 4))
    found = paired_difference.compare(MAE, ours, theirs)
    assert found.mean < 0 and found.verdict == "better"
    assert paired_difference.compare(MAE, theirs, ours).verdict == "worse"


def test_other_figures_are_resampled_on_both_sides_at_once():
    truth, shift = np.arange(40.0), np.random.default_rng(1).normal(size=40)
    ours, theirs = numbers(truth + shift), numbers(truth + 2 * shift)
    found = paired_difference.compare(MAE, [ours], [theirs])
    # As with a mean of per-example differences, which mae's difference is.
    each = -np.abs(shift)
    width = 1.959964 * each.std(ddof=1) / np.sqrt(40)
    low, high = found.over_examples
    assert (low, high) == pytest.approx((each.mean() - width, each.mean() + width), abs=0.05)
    rows = [one.statistics(MAE) for one in (ours, theirs)]
    assert paired_difference.tested(MAE, *rows)[0] == found.over_examples
    same = paired_difference.compare(MAE, [ours], [ours])
    assert same.over_examples == (0.0, 0.0)


def test_models_that_are_right_on_the_same_examples_cannot_be_told_apart():
    assert p_value(ACCURACY, rights("rrwwrrw"), rights("rrwwrrw")) == 1.0


def test_the_exact_test_counts_the_examples_where_one_is_right():
    better = rights("r" * 9 + "w" + "r" * 5 + "w" * 5)
    worse = rights("w" * 9 + "r" + "r" * 5 + "w" * 5)
    # 9 against 1: two tails of (1 + 10) / 1024.
    assert p_value(ACCURACY, better, worse) == pytest.approx(22 / 1024)
    assert p_value(ACCURACY, worse, better) == pytest.approx(22 / 1024)


@pytest.mark.parametrize(
    ("shift", "low", "high"), [(0.0, 0.999, 1.0), (0.1, 0.02, 0.9), (1.0, 0.0, 0.002)]
)
def test_other_figures_are_tested_by_resampling_the_examples_of_both(shift, low, high):
    rng = np.random.default_rng(5)
    errors = np.abs(rng.normal(size=60))
    ours = off_by(errors)
    theirs = off_by(errors + shift * (1 + 3 * rng.normal(size=60) * (shift < 1)))
    found = p_value(MAE, ours, theirs)
    assert low <= found <= high
    assert found == p_value(MAE, theirs, ours)


def test_the_bootstrap_test_agrees_with_the_t_test_of_a_mean():
    ours, theirs = np.random.default_rng(9).normal(5, 1, size=(2, 400))
    told = stats.ttest_rel(ours, theirs + 0.1).pvalue
    found = p_value(MAE, off_by(ours), off_by(theirs + 0.1))
    assert 0.01 < told < 0.9 and found == pytest.approx(told, abs=0.03)
