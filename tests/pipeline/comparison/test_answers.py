"""Tests of pipeline/comparison/answers.py."""

import numpy as np
import pytest
import sklearn.metrics

from pipeline.comparison import answers

GIVEN = list("aabbbcc")


def make(predicted, given=GIVEN):
    return answers.Answers(np.array(given), np.array(list(predicted)))


def test_accuracy_and_macro_f1_are_scikit_learns():
    found = make("aabacda")
    assert found.accuracy == pytest.approx(3 / 7)
    expected = sklearn.metrics.f1_score(
        GIVEN, list("aabacda"), average="macro", labels=list("abcd"), zero_division=0
    )
    assert found.macro_f1 == pytest.approx(expected)


def test_the_interval_is_wilsons():
    # Newcombe (1998), table I: 81 of 263.
    found = answers.interval(make("r" * 81 + "w" * 182, given=["r"] * 263))
    assert found == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_models_that_are_right_on_the_same_examples_cannot_be_told_apart():
    assert answers.p_value(make("aacaacb"), make("aaccccb")) == 1.0


def test_the_exact_test_counts_the_examples_where_one_is_right():
    given = ["r"] * 20
    better = make("r" * 9 + "w" + "r" * 5 + "w" * 5, given)
    worse = make("w" * 9 + "r" + "r" * 5 + "w" * 5, given)
    # 9 against 1: two tails of (1 + 10) / 1024.
    assert answers.p_value(better, worse) == pytest.approx(22 / 1024)
    assert answers.p_value(worse, better) == answers.p_value(better, worse)


def test_answers_are_read_as_they_were_written(tmp_path):
    written = make("aabacda")
    written.save(tmp_path / "of" / "one.npz")
    read = answers.load(tmp_path / "of" / "one.npz")
    np.testing.assert_array_equal(read.given, written.given)
    np.testing.assert_array_equal(read.predicted, written.predicted)
