"""Tests of models/tasks/expected.py: what an untrained model is held against."""

import math

import keras
import numpy as np
import pytest

from models.tasks import expected, losses

CLASSES, SETS, NUMBER = expected.of_classes(3), expected.of_label_sets(), expected.of_number()


def test_each_example_has_its_cross_entropy_and_unknown_labels_are_neither_right_nor_wrong():
    logits = np.float32([[2, 0, 0], [0, 1, 0], [0, 0, 3], [5, 0, 0]])
    ids = np.array([0, 2, 2, -1])
    right = CLASSES.is_right(ids, logits)
    assert right[:3].tolist() == [1, 0, 1]
    assert math.isnan(right[3])
    each = keras.losses.sparse_categorical_crossentropy(ids[:3], logits[:3], from_logits=True)
    np.testing.assert_allclose(CLASSES.errors(ids[:3], logits[:3]), each, rtol=1e-5)
    assert CLASSES.read(ids, logits) == ([0, 2, 2, -1], [0, 1, 2, 0])


@pytest.mark.parametrize(
    ("told", "targets", "loss", "width"),
    [
        (CLASSES, np.array([0, 1, 2, 0, 1]), losses.build(0.0), 3),
        (
            SETS,
            np.float32([[1, 0], [0, 0], [1, 1]]),
            keras.losses.BinaryCrossentropy(from_logits=True),
            2,
        ),
        (NUMBER, np.float32([[-1.0], [1.0]]), keras.losses.MeanSquaredError(), 1),
    ],
)
def test_outputs_of_zero_have_the_loss_that_is_expected(told, targets, loss, width):
    zeros = np.zeros((len(targets), width), "float32")
    assert float(loss(targets, zeros)) == pytest.approx(told.loss, rel=1e-5)
    assert told.errors(targets, zeros).mean() == pytest.approx(told.loss, rel=1e-5)
    assert told.check_targets(targets, width) is None
    assert told.check_outputs(zeros) is None


@pytest.mark.parametrize(
    ("told", "targets"),
    [
        (SETS, np.random.default_rng(2).integers(2, size=(20_000, 3)).astype(float)),
        (NUMBER, np.random.default_rng(2).normal(size=(20_000, 1))),
    ],
)
def test_outputs_of_a_variance_of_three_are_as_far_off_as_warns(told, targets):
    outputs = np.random.default_rng(1).normal(0, 3**0.5, targets.shape)
    excess = told.errors(targets, outputs).mean() - told.loss
    assert excess == pytest.approx(told.excess[0], rel=0.1)


def test_rows_are_right_if_all_their_labels_are():
    targets = np.float32([[1, 0], [1, 1], [0, 0]])
    logits = np.float32([[2, -1], [2, -1], [-1, -3]])
    assert SETS.is_right(targets, logits).tolist() == [1, 0, 1]
    assert SETS.read(targets, logits) == ([[0], [0, 1], []], [[0], [0], []])
    assert SETS.constant_loss(np.float32([[1, 0], [0, 0]])) == pytest.approx(math.log(2) / 2)


def test_probabilities_in_place_of_logits_are_told():
    shares = np.float32([[0.2, 0.9], [0.4, 0.5]])
    assert "sigmoid again" in SETS.check_outputs(shares)[0]
    assert SETS.check_outputs(shares - 0.3) is None


def test_small_logits_that_all_happen_to_be_above_zero_are_no_probabilities():
    assert SETS.check_outputs(np.float32([[0.02, 0.1], [0.05, 0.3]])) is None


def test_numbers_are_right_within_a_third_of_a_deviation():
    targets, values = np.float32([[0.0], [1.0], [2.0]]), np.float32([[0.3], [1.33], [1.7]])
    assert NUMBER.is_right(targets, values).tolist() == [1, 0, 1]
    assert NUMBER.constant_loss(targets) == pytest.approx(2 / 3)
    true, answered = NUMBER.read(targets, values)
    assert true == [0.0, 1.0, 2.0]
    assert answered == pytest.approx([0.3, 1.33, 1.7])
