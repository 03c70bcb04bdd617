"""Tests of models/doctor/batch_leakage.py: what an answer may depend on."""

import types

import numpy as np
import pytest
import tensorflow as tf

from models.doctor import batch_leakage
from models.doctor.examined import Sample


def subject(logits, difference=0.0, inputs=None):
    """Answers logits by example, the first one of another batch with a difference."""
    logits = np.float32(logits)
    if inputs is None:
        inputs = {"number": tf.range(len(logits))}

    def model(given, training):
        assert training is False
        answer = logits[given["number"].numpy()].copy()
        answer[0] += difference
        return answer

    sample = Sample(inputs, tf.zeros(len(logits), tf.int64))
    return types.SimpleNamespace(outputs=logits, sample=sample, model=model)


LOGITS = [[1.0, -20.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.mark.parametrize(
    ("difference", "verdict"), [(0.0, "pass"), (0.018, "pass"), (0.022, "fail"), (-5.0, "fail")]
)
def test_answers_may_differ_by_rounding(difference, verdict):
    finding = batch_leakage.batch_leakage(subject(LOGITS, difference))
    assert finding.verdict == verdict
    assert finding.figures["difference"] == pytest.approx(abs(difference) / 20, rel=1e-4)
    if verdict == "fail":
        assert finding.meaning.startswith("1 of 3 answers depend on the rest")


def test_two_examples_can_leak_and_one_cannot():
    assert batch_leakage.batch_leakage(subject(LOGITS[:2], 1.0)).verdict == "fail"
    assert batch_leakage.batch_leakage(subject(LOGITS[:1], 1.0)).verdict == "pass"


def test_every_example_changes_its_place_or_its_neighbour():
    seen = []
    given = subject(LOGITS + [[7.0, 8.0]])
    model = given.model

    def look(inputs, training):
        seen.extend(inputs["number"].numpy().tolist())
        return model(inputs, training)

    given.model = look
    assert batch_leakage.batch_leakage(given).verdict == "pass"
    assert seen == [2, 1, 0, 0]


@pytest.mark.parametrize(
    ("spread", "verdict"),
    [(1.1e-3, "pass"), (0.9e-3, "warn"), (1.2e-6, "warn"), (0.8e-6, "fail"), (0.0, "fail")],
)
def test_logits_that_hardly_vary_warn_and_then_fail(spread, verdict):
    # Float64, as steps of float32 are as large as the lowest limit.
    given = subject(LOGITS[:2])
    given.outputs = np.array([[2.0 + 2 * spread, -2.0], [2.0 - 2 * spread, -2.0]])
    finding = batch_leakage.input_dependence(given)
    assert finding.figures["spread"] == pytest.approx(spread / 2, rel=1e-6, abs=1e-12)
    given.outputs[:, 1] = [-2.0 + 2 * spread, -2.0 - 2 * spread]
    finding = batch_leakage.input_dependence(given)
    assert finding.verdict == verdict
    assert finding.figures["spread"] == pytest.approx(spread, rel=1e-6, abs=1e-12)


def test_logits_that_are_no_numbers_are_left_to_the_first_loss():
    finding = batch_leakage.input_dependence(subject([[np.nan, 1.0], [2.0, 3.0]]))
    assert (finding.verdict, finding.figures["spread"]) == ("pass", None)


def test_examples_differ_if_any_of_their_inputs_does():
    sample = Sample(
        {
            "text": tf.constant(["a", "a", "b", "a"]),
            "number": tf.constant([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [1.0, 3.0]]),
        },
        tf.zeros(4, tf.int64),
    )
    assert batch_leakage.num_different(sample) == 3


def test_one_example_is_no_set_of_equal_ones():
    same = {"number": tf.constant([1, 1])}
    assert (
        "All 2 examples"
        in batch_leakage.input_dependence(subject(LOGITS[:2], inputs=same)).evidence
    )
    alone = batch_leakage.input_dependence(subject(LOGITS[:1]))
    assert "same inputs" not in alone.evidence
