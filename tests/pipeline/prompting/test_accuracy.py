"""Tests of pipeline/prompting/accuracy.py: intervals over questions and draws."""

import numpy as np
import pytest
from scipy import stats

from pipeline.prompting import accuracy


def test_of_one_draw_it_is_wilsons_interval():
    right = np.array([[1.0] * 13 + [0.0] * 7])
    expected = stats.binomtest(13, 20).proportion_ci(0.95, method="wilson")
    assert accuracy.interval(right) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_right_or_none_is_as_sure_as_the_questions_are_many(share):
    expected = stats.binomtest(round(share * 30), 30).proportion_ci(0.95, method="wilson")
    assert accuracy.interval(np.full((4, 30), share)) == pytest.approx(
        (expected.low, expected.high)
    )


def test_draws_that_repeat_each_other_tell_nothing_new():
    once = np.random.default_rng(0).random((1, 200)) < 0.4
    low, high = accuracy.interval(np.repeat(once.astype(float), 10, 0))
    single_low, single_high = accuracy.interval(once.astype(float))
    assert high - low == pytest.approx(single_high - single_low, rel=0.1)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for _ in range(200):
        # Draws and questions have effects of their own.
        chance = 0.5 + rng.normal(0, 0.08, (10, 1)) + rng.normal(0, 0.15, (1, 40))
        low, high = accuracy.interval((rng.random((10, 40)) < chance).astype(float))
        held += low <= 0.5 <= high
    assert 0.9 <= held / 200 <= 1.0
