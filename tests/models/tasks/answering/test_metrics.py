"""Tests of the figures of answers against values worked out by the official scripts' rules."""

import numpy as np
import pytest

from models.tasks.answering import metrics

COLUMN = "answers"


def judged(metric, given, found):
    answer = {"answer": np.array([found], object), "answer_length": np.array([1])}
    return float(metric(COLUMN).statistics({COLUMN: given}, answer)[0])


@pytest.mark.parametrize(
    ("given", "found", "exact", "f1"),
    [
        # By the rule of SQuAD's evaluate-v2.0.py.
        (("Denver Broncos",), "the Denver Broncos!", 1.0, 1.0),
        (("Denver Broncos",), "Broncos", 0.0, 2 / 3),
        (("in 1973", "October 1973"), "October, 1973", 1.0, 1.0),
        (("a a b",), "a b b", 0.0, 2 / 3),
        (("well-known",), "wellknown", 1.0, 1.0),
        ((), "", 1.0, 1.0),
        ((), "something", 0.0, 0.0),
        (("something",), "", 0.0, 0.0),
        (("The",), "", 1.0, 1.0),
        (("서울특별시",), "서울", 0.0, 0.0),
    ],
)
def test_words_count_as_squad_counts_them(given, found, exact, f1):
    assert judged(metrics.exact_match, given, found) == exact
    assert judged(metrics.f1, given, found) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("given", "found", "f1"),
    [
        # By the rule of KorQuAD's evaluate-v1.0.py.
        (("서울특별시",), "서울", 4 / 7),
        (("《파우스트》",), "파우스트", 1.0),
        (("‘파우스트’를",), "파우스트", 8 / 9),
        (("교향곡 작곡",), "교향곡작곡", 1.0),
        (("1839년", "1839"), "1839", 1.0),
        ((), "없음", 0.0),
    ],
)
def test_characters_count_as_korquad_counts_them(given, found, f1):
    assert judged(metrics.character_f1, given, found) == pytest.approx(f1)


def test_answers_without_any_word_are_held_against_none():
    assert metrics.is_right((), {"answer": [], "answer_length": [0]})
    assert not metrics.is_right(("x",), {"answer": ["y", "x"], "answer_length": [2]})
    # Servers fill up shorter rows of a batch.
    assert metrics.best({"answer": ["filled"], "answer_length": np.array([0])}) == ""
