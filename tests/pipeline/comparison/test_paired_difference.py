"""Tests of pipeline/comparison/paired_difference.py: differences and their intervals."""

import numpy as np
import pytest
from scipy import stats

from pipeline.comparison import paired_difference
from pipeline.comparison.answers import Answers

GIVEN = np.array(list("abcdefghij"))


def answers(wrong):
    """Answers with the first `wrong` examples wrong."""
    return Answers(GIVEN, np.where(np.arange(10) < wrong, "?", GIVEN))


def test_the_interval_over_seeds_is_students_for_pairs():
    ours, theirs = [answers(n) for n in (1, 2, 2)], [answers(n) for n in (4, 3, 4)]
    found = paired_difference.compare(ours, theirs)
    assert found.differences == pytest.approx((0.3, 0.1, 0.2))
    expected = stats.ttest_rel([0.9, 0.8, 0.8], [0.6, 0.7, 0.6]).confidence_interval(0.95)
    assert found.over_seeds == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(0.2)


def test_the_interval_over_examples_is_of_each_examples_mean_difference():
    found = paired_difference.compare([answers(0), answers(0)], [answers(2), answers(4)])
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
    found = paired_difference.compare(list(map(answers, ours)), list(map(answers, theirs)))
    assert found.verdict == verdict


def test_answers_to_other_examples_are_refused():
    other = Answers(GIVEN[::-1], GIVEN)
    with pytest.raises(ValueError, match="the same examples"):
        paired_difference.compare([answers(0)], [other])
    with pytest.raises(ValueError, match="pairs of answers. Received: 1 and 0"):
        paired_difference.compare([answers(0)], [])
