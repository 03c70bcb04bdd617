"""Tests of pipeline/comparison/answers.py."""

import numpy as np
import pytest
import sklearn.metrics

from pipeline.comparison import answers as comparing

GIVEN = list("aabbbcc")


def answers(predicted, given=GIVEN):
    return comparing.Answers(np.array(given), np.array(list(predicted)))


def test_accuracy_and_macro_f1_are_scikit_learns():
    found = answers("aabacda")
    assert found.accuracy == pytest.approx(3 / 7)
    expected = sklearn.metrics.f1_score(
        GIVEN, list("aabacda"), average="macro", labels=list("abcd"), zero_division=0
    )
    assert found.macro_f1 == pytest.approx(expected)


def test_the_interval_is_wilsons():
    # Newcombe (1998), table I: 81 of 263.
    found = comparing.interval(answers("r" * 81 + "w" * 182, given=["r"] * 263))
    assert found == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_models_that_are_right_on_the_same_examples_cannot_be_told_apart():
    assert comparing.p_value(answers("aacaacb"), answers("aaccccb")) == 1.0


def test_the_exact_test_counts_the_examples_where_one_is_right():
    given = ["r"] * 20
    better = answers("r" * 9 + "w" + "r" * 5 + "w" * 5, given)
    worse = answers("w" * 9 + "r" + "r" * 5 + "w" * 5, given)
    # 9 against 1: two tails of (1 + 10) / 1024.
    assert comparing.p_value(better, worse) == pytest.approx(22 / 1024)
    assert comparing.p_value(worse, better) == comparing.p_value(better, worse)


def test_answers_are_read_as_they_were_written(tmp_path):
    written = answers("aabacda")
    written.save(tmp_path / "of" / "one.npz")
    read = comparing.load(tmp_path / "of" / "one.npz")
    np.testing.assert_array_equal(read.given, written.given)
    np.testing.assert_array_equal(read.predicted, written.predicted)
