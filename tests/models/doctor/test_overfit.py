"""Tests of models/doctor/overfit.py: when learning by heart ends, and how it is judged."""

import math
import types

import numpy as np
import pytest
import tensorflow as tf

from models.doctor import overfit
from models.doctor.examined import Sample
from models.doctor.short_training import Step
from models.tasks import expected

SUBJECT = types.SimpleNamespace(expected=expected.of_classes(2))


def sample_of(ids):
    values = tf.range(len(ids), dtype=tf.float32)[:, tf.newaxis]
    return Sample({"x": values}, tf.constant(ids, tf.int64))


class Learner:
    """A trial that gives what a function of the rate and the step's number says.

    It says a loss, and how many examples are right, of those of class 0.
    """

    def __init__(self, learnt):
        self.learnt = learnt
        self.rates = []
        self.number = 0

    def step(self, sample, rate):
        if self.number == 0:
            self.rates.append(rate)
        loss, right = self.learnt(rate, self.number)
        self.number += 1
        logits = np.tile(np.float32([0.0, 1.0]), (sample.size, 1))
        logits[:right] = [1.0, 0.0]
        return Step(loss, logits, np.zeros(1))

    def restart(self):
        self.number = 0


def judge(learnt, size=10, steps=8, ids=None):
    trial = Learner(learnt)
    sample = sample_of(ids if ids is not None else [0] * size)
    return overfit.overfit_sample(SUBJECT, trial, sample, 0.3, steps), trial


def test_it_ends_when_all_are_right_by_some_margin():
    finding, trial = judge(lambda rate, number: (0.4 / (number + 1), 10 if number else 0))
    assert finding.verdict == "pass"
    assert trial.rates == [0.3]
    # 0.2, 0.133 and 0.1 are no margin.
    assert finding.evidence.startswith("After 4 steps on 10 examples 100% are right")


def test_a_small_loss_with_an_example_wrong_goes_on_to_the_last_step():
    finding, trial = judge(lambda rate, number: (0.01, 9))
    assert len(finding.figures["losses"]) == 9
    assert trial.rates == pytest.approx([0.3, 0.1, 0.9])


def test_a_loss_that_is_no_number_ends_a_try_and_the_best_one_counts():
    def learnt(rate, number):
        if rate > 0.2:
            return (math.nan, 4) if number == 2 else (1.0, 3)
        return (0.05, 10)

    finding, trial = judge(learnt)
    assert (finding.verdict, len(trial.rates)) == ("pass", 2)
    assert len(finding.figures["losses"]) == 1
    broken, _ = judge(lambda rate, number: (math.nan if number == 2 else 1.0, 3))
    assert broken.figures["losses"] == [1.0, 1.0, None]


@pytest.mark.parametrize(
    ("right", "last", "verdict"),
    [
        (99, 1.0, "pass"),
        (98, 1.0, "warn"),
        (80, 1.0, "warn"),
        (79, 1.0, "fail"),
        (79, 0.91, "fail"),
        (79, 0.9, "fail"),
        (79, 0.89, "warn"),  # Still falling since the half of its steps.
        (0, 0.89, "warn"),
    ],
)
def test_most_examples_or_a_falling_loss_only_warn(right, last, verdict):
    finding, _ = judge(lambda rate, number: (last if number > 4 else 1.0, right), size=100)
    assert finding.verdict == verdict
    assert f"{right}% are right, and the loss is {last:.3g}" in finding.evidence


def test_unknown_labels_neither_count_nor_resist():
    ids = [-1, 0, 0, 1, 1, -1]
    finding, _ = judge(lambda rate, number: (0.05, 2), ids=ids)
    assert "75% are right" in finding.evidence
    assert f"none gets below {math.log(2):.3g}." in finding.evidence
    assert [row["index"] for row in finding.figures["resisting"]] == [2]
    nothing, _ = judge(lambda rate, number: (0.05, 2), ids=[-1, -1])
    assert "0% are right" in nothing.evidence


def test_the_worst_examples_resist_first():
    logits = np.float32([[1.0, 0.0], [3.0, 0.0], [0.0, 9.0], [np.inf, 0.0]])
    trial = types.SimpleNamespace(
        step=lambda sample, rate: Step(1.0, logits, np.zeros(1)), restart=lambda: None
    )
    with np.errstate(invalid="ignore"):
        finding = overfit.overfit_sample(SUBJECT, trial, sample_of([1, 1, 1, 1]), 0.1, 2)
    rows = finding.figures["resisting"]
    assert [row["index"] for row in rows] == [3, 1, 0]
    assert (rows[1]["target"], rows[1]["answer"]) == (1, 0)
    assert rows[1]["loss"] == pytest.approx(3 + math.log1p(math.exp(-3)))
    assert "Resisting: examples 3, 1, 0 of" in finding.meaning


def test_repeated_inputs_are_counted():
    sample = Sample({"x": tf.constant([[1.0], [1.0], [1.0], [2.0]])}, tf.constant([0, 1, 0, 1]))
    finding = overfit.overfit_sample(
        SUBJECT, Learner(lambda rate, number: (1.0, 1)), sample, 0.1, 2
    )
    assert finding.meaning.startswith("Of 4 examples 2 repeat the input of another")
