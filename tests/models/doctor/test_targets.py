"""Tests of models/doctor on tasks that learn numbers or several labels."""

import json

import keras
import numpy as np
import pytest

from models.tasks import expected
from tests.models import doctor_subjects as subjects

SQUARES = keras.losses.MeanSquaredError()
EACH = keras.losses.BinaryCrossentropy(from_logits=True)


def numbers(count=21):
    """Points, and a number of each with mean 0 and deviation 1."""
    features, _ = subjects.points(count)
    values = features["x"] @ np.float32([1, -2, 0.5, 1, 0])
    return features, ((values - values.mean()) / values.std())[:, None].astype("float32")


def sets(count=21):
    """Points, and two labels of each or one or none."""
    features, _ = subjects.points(count)
    return features, (features["x"][:, :2] > 0).astype("float32")


TASKS = {
    "number": (numbers, 1, SQUARES, expected.of_number()),
    "labels": (sets, 2, EACH, expected.of_label_sets()),
}


def network(width, **options):
    hidden = subjects.dense(16, activation="relu", kernel_initializer="he_normal")
    return subjects.network(hidden, head=subjects.dense(width, name="head", **options))


def look(task, until="initial_loss", build=None, targets=None, loss=None):
    make, width, usual, told = TASKS[task]
    features, given = make()
    return subjects.until(
        until,
        build or network(width),
        features=features,
        labels=given if targets is None else targets(given),
        loss=loss or usual,
        expected=told,
    )


@pytest.mark.parametrize("task", TASKS)
def test_a_healthy_model_passes_every_check(task):
    found = look(task, "overfit_sample")
    assert {name: f.evidence for name, f in found.items() if f.verdict != "pass"} == {}
    assert len(found) == 14
    for finding in found.values():
        json.dumps(finding.figures, allow_nan=False)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("number", "outputs of 0 would give the numbers' variance = 1.000"),
        ("labels", "logits of 0 would give log 2 = 0.693"),
    ],
)
def test_the_first_loss_is_held_against_that_of_knowing_nothing(task, words):
    assert words in look(task)["initial_loss"].evidence


@pytest.mark.parametrize("task", TASKS)
def test_outputs_far_from_zero_are_off(task):
    wide = network(TASKS[task][1], kernel_initializer=keras.initializers.RandomNormal(stddev=20.0))
    finding = look(task, build=wide)["initial_loss"]
    assert finding.verdict == "fail"
    assert "initializer_std" in finding.fix


@pytest.mark.parametrize(
    ("task", "summed"),
    [
        ("number", keras.losses.MeanSquaredError(reduction="sum")),
        ("labels", keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")),
    ],
)
def test_a_loss_summed_over_the_batch_is_named(task, summed):
    finding = look(task, loss=summed)["initial_loss"]
    assert finding.verdict == "fail"
    assert "sum instead of a mean" in finding.meaning


def test_a_sigmoid_in_the_model_is_named():
    finding = look("labels", build=network(2, activation="sigmoid"))["initial_loss"]
    assert finding.verdict == "fail"
    assert "sigmoid again" in finding.meaning


def test_an_input_with_two_numbers_resists_and_both_are_listed():
    make, _, loss, told = TASKS["number"]
    features, given = make()
    features["x"][3] = features["x"][4]
    given[3], given[4] = -1.5, 1.5
    finding = subjects.findings(
        network(1), features=features, labels=given, loss=loss, expected=told
    )["overfit_sample"]
    assert finding.verdict != "pass"
    assert "are within 0.3 standard deviations" in finding.evidence
    assert "repeat the input" in finding.meaning
    targets = {row["index"]: row["target"] for row in finding.figures["resisting"]}
    assert (targets[3], targets[4]) == (-1.5, 1.5)
