"""Tests of where answers stand among units, and of what a model is shown of long texts."""

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.answering import targets
from models.tasks.tagging import units as splitting


@pytest.mark.parametrize(
    ("kind", "places", "wanted"),
    [
        ("words", (0, 3), (0, 0)),
        ("words", (4, 11), (1, 2)),
        ("words", (5, 6), (1, 1)),
        ("words", (-1, -1), (-1, -1)),
        ("words", (3, 4), (-1, -1)),
        ("characters", (4, 6), (3, 4)),
    ],
)
def test_an_answer_has_the_units_that_it_shares_a_sign_with(kind, places, wanted):
    text = "The 서울시 is big."
    found = splitting.split(tf.constant([text]), kind)
    assert targets.of_answers(tf.constant([places], tf.int64), found).numpy().tolist() == [
        list(wanted)
    ]


def test_texts_without_units_have_no_answer():
    found = splitting.split(tf.constant(["", " "]), "words")
    places = tf.constant([[-1, -1], [0, 1]], tf.int64)
    assert targets.of_answers(places, found).numpy().tolist() == [[-1, -1], [-1, -1]]


def around(counts, target, questions, size=10):
    words = tf.ragged.constant([[str(n) for n in range(count)] for count in counts])
    parts, moved = targets.around(
        words, tf.constant(target, tf.int32), tf.constant(questions), size
    )
    return [[int(word) for word in row] for row in parts.to_list()], moved.numpy().tolist()


def test_texts_that_fit_stay_whole():
    parts, target = around([6, 3, 0], [[5, 5], [-1, -1], [-1, -1]], ["a", "b", "c"])
    assert parts == [list(range(6)), list(range(3)), []]
    assert target == [[5, 5], [-1, -1], [-1, -1]]


def test_long_texts_lose_what_stands_before_their_answer_by_the_questions_hash():
    questions = [f"question {n}" for n in range(60)]
    parts, target = around([100] * 60, [[40, 42]] * 60, questions)
    for part, (first, last) in zip(parts, target, strict=True):
        assert (part[first], part[last]) == (40, 42)
        assert last < 6  # Three fifths of what a model reads.
        assert part == list(range(part[0], 100))
    assert len({first for first, _ in target}) == 4
    assert (parts, target) == around([100] * 60, [[40, 42]] * 60, questions)


def test_the_end_of_a_long_text_is_not_cut_shorter_than_what_fits():
    parts, target = around([100] * 20, [[98, 99]] * 20, [str(n) for n in range(20)])
    assert {len(part) for part in parts} == {6}
    assert np.unique(target, axis=0).tolist() == [[4, 5]]


def test_a_text_without_an_answer_keeps_its_begin():
    parts, target = around([100], [[-1, -1]], ["a"])
    assert (parts[0][0], target) == (0, [[-1, -1]])
