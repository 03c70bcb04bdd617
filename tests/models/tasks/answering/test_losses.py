"""Tests of the loss of answers' places, and of the threshold of "no answer"."""

import itertools

import numpy as np
import pytest

from models.tasks import expected
from models.tasks.answering import losses, no_answer
from models.tasks.answering.losses import NEVER


def test_the_loss_is_the_mean_cross_entropy_of_first_and_last():
    outputs = np.log(np.array([[[0.7, 0.1], [0.2, 0.3], [0.1, 0.6]]], "float32"))
    found = losses.SpanCrossEntropy(has_none=False)(np.array([[0, 2]]), outputs)
    assert float(found) == pytest.approx(-(np.log(0.7) + np.log(0.6)) / 2)


@pytest.mark.parametrize("targets", [[-1, -1], [3, 3], [1, 2], [2, 2]])
def test_answers_that_are_not_read_cost_nothing(targets):
    outputs = np.array([[[0.0, 0.0], [1.0, 2.0], [NEVER, NEVER]]], "float32")
    assert float(losses.SpanCrossEntropy(has_none=False)(np.array([targets]), outputs)) == 0.0
    told = expected.of_answers(3, has_none=False)
    assert told.errors(np.array([targets]), outputs).tolist() == [0.0]


def test_no_answer_is_the_last_of_the_outputs():
    outputs = np.log(np.array([[[0.2, 0.3], [0.3, 0.3], [0.5, 0.4]]], "float32"))
    loss = losses.SpanCrossEntropy(has_none=True)
    assert float(loss(np.array([[-1, -1]]), outputs)) == pytest.approx(
        -(np.log(0.5) + np.log(0.4)) / 2
    )
    metric = losses.SpanAccuracy(has_none=True)
    metric.update_state(np.array([[-1, -1]]), outputs)
    assert float(metric.result()) == 1.0
    assert losses.SpanCrossEntropy.from_config(loss.get_config()).has_none


def right(outputs, targets, threshold, longest):
    """By trying all parts."""
    count = 0
    for row, (first, last) in zip(outputs, targets, strict=True):
        units = len(row) - 1
        parts = [
            (row[i, 0] + row[j, 1], (i, j))
            for i, j in itertools.product(range(units), repeat=2)
            if i <= j < i + longest
        ]
        score, part = max(parts)
        answered = part if row[-1].sum() - score <= threshold else (-1, -1)
        count += answered == (first, last)
    return count


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_has_the_most_right_answers(seed):
    random = np.random.default_rng(seed)
    outputs = random.normal(size=(40, 5, 2)).astype("float32")
    first = random.integers(-1, 4, 40)
    targets = np.stack([first, np.where(first < 0, -1, np.minimum(first + 1, 3))], 1)
    for row, (i, j) in zip(outputs, targets, strict=True):
        row[i, 0] += 2
        row[j, 1] += 2
    chosen = no_answer.threshold(outputs, targets, 2)
    tried = [right(outputs, targets, t, 2) for t in np.arange(-12, 12, 0.01)]
    assert right(outputs, targets, chosen, 2) >= max(tried)


@pytest.mark.parametrize("first", [-1, 0])
def test_a_threshold_of_rows_that_are_all_alike_keeps_them_right(first):
    outputs = np.zeros((3, 3, 2), "float32")
    targets = np.full((3, 2), first)
    chosen = no_answer.threshold(outputs, targets, 1)
    assert right(outputs, targets, chosen, 1) in (0, 3)
    assert (chosen >= 0.0) == (first == 0)


def test_without_rows_the_threshold_is_0():
    assert no_answer.threshold(np.zeros((0, 3, 2)), np.zeros((0, 2), int), 3) == 0.0
