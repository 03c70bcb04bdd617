"""Tests of models/tasks/contrasting/ and of baselines of what belongs together."""

import math

import numpy as np
import pytest
import tensorflow as tf

from components.baseline import partners
from models.tasks.contrasting import halves, keys, losses, metrics

TEXTS = [f"text {n}" for n in range(8)]


def keys_of(first, second):
    return tf.stack([keys.parts(tf.constant(side)) for side in (first, second)], axis=1)


def units(*shape):
    vectors = np.random.default_rng(3).normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def by_hand(vectors, temperature, negatives):
    """InfoNCE of each example; `negatives[i]` are the others that it is told from."""
    found = []
    for place, others in enumerate(negatives):
        scores = [vectors[place, 0] @ vectors[j, 1] / temperature for j in (place, *others)]
        found.append(-math.log(math.exp(scores[0]) / sum(map(math.exp, scores))))
    return found


def test_equal_vectors_of_eight_examples_lose_log_8():
    same = np.tile(units(1, 1, 4), (8, 2, 1))
    found = losses.InfoNCE(0.05)(keys_of(TEXTS, TEXTS[::-1]), same)
    assert float(found) == pytest.approx(2.0794, abs=1e-4)


def test_a_partner_is_told_from_those_of_the_other_examples():
    vectors = units(3, 2, 5)
    found = losses.InfoNCE(0.5, reduction="none")(keys_of(TEXTS[:3], TEXTS[3:6]), vectors)
    np.testing.assert_allclose(found, by_hand(vectors, 0.5, [(1, 2), (0, 2), (0, 1)]), rtol=1e-5)


def test_texts_that_are_there_twice_are_no_negatives_of_each_other():
    vectors = units(4, 2, 5)
    found = losses.InfoNCE(0.5, reduction="none")(
        keys_of(["a", "b", "c", "a"], ["x", "y", "x", "z"]), vectors
    )
    # The partner of the third is that of the first; the first text is also the last.
    wanted = by_hand(vectors, 0.5, [(1,), (0, 2, 3), (1, 3), (1, 2)])
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_the_only_example_of_a_last_batch_loses_nothing():
    found = losses.InfoNCE(0.05)(keys_of(["a"], ["b"]), units(1, 2, 3))
    assert float(found) == pytest.approx(0, abs=1e-6)


def test_a_partner_that_another_is_as_near_as_is_not_found():
    vectors = np.array([[[1.0, 0], [1, 0]], [[0, 1.0], [1, 0]], [[0, 1.0], [0, 1]]])
    found = losses.is_found(keys_of(["a", "b", "c"], ["x", "y", "z"]), tf.constant(vectors))
    np.testing.assert_array_equal(found, [0, 0, 1])


def test_keys_survive_as_float32_and_tell_ids_of_tokens():
    found = keys.parts(tf.constant([[3, 0], [3, 1], [30, 1], [3, 0]]))
    rows = {tuple(row) for row in tf.cast(found, tf.float32).numpy().astype(int)}
    assert len(rows) == 3
    assert found.numpy().max() < 2**24


def rows_of(first, second, first_keys, second_keys):
    return np.column_stack([first, second, first_keys, second_keys])


def test_ranks_count_each_different_wrong_partner_once_and_ties_against_the_right_one():
    first = np.array([[1.0, 0], [1, 0], [0, 1], [1, 0]])
    second = np.array([[0.0, 1], [1, 0], [0, 1], [1, 0]])
    # The second and the last partner are one cell, nearer to the first text than its own; the
    # third is as near. Of the third, the first is as near. The last text is the second one.
    found = metrics.ranks(rows_of(first, second, [0, 1, 2, 1], [0, 1, 2, 1]))
    np.testing.assert_array_equal(found, [3, 1, 2, 1])


def test_another_partner_of_the_same_text_is_not_wrong():
    first = np.array([[1.0, 0], [1, 0]])
    second = np.array([[0.6, 0.8], [1, 0]])
    np.testing.assert_array_equal(metrics.ranks(rows_of(first, second, [5, 5], [0, 1])), [1, 1])


def test_vectors_that_are_all_the_same_are_not_uniform_and_one_example_is_judged():
    rows = rows_of(np.ones((3, 1)), np.ones((3, 1)), [0, 1, 2], [0, 1, 2])
    uniformity = metrics.uniformity()
    assert uniformity.figure(uniformity.stack(list(rows))) == pytest.approx(0)
    assert uniformity.figure(uniformity.stack(list(rows[:1]))) == 0
    recall = metrics.recall(1)
    assert recall.figure(recall.stack(list(rows))) == 0
    assert recall.figure(recall.stack(list(rows[:1]))) == 1


def test_texts_are_cut_in_the_middle_of_their_words_as_for_the_baseline():
    texts = ["one two three", "하나  둘", "", "word", "a b c d"]
    found = [side.numpy().tolist() for side in halves.of(tf.constant(texts))]
    assert found == [
        [b"one two", "하나".encode(), b"", b"word", b"a b"],
        [b"three", "둘".encode(), b"", b"", b"c d"],
    ]
    assert [partners.views((text.encode(),)) for text in texts] == list(zip(*found, strict=True))


def test_the_simple_model_gives_the_cosines_of_tf_idf():
    rows = [(b"red apple", b"a red apple"), (b"green pear", b"pears, green"), (b"x", b"y")]
    answers = partners.tf_idf(rows, [None] * 3, rows)
    recall = metrics.recall(1)
    judged = [recall.statistics({}, answer) for answer in answers]
    assert recall.figure(recall.stack(judged)) == pytest.approx(2 / 3)
    same = [recall.statistics({}, answer) for answer in partners.same(rows, [None] * 3, rows)]
    assert recall.figure(recall.stack(same)) == 0
