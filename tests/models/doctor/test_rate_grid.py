"""Tests of models/doctor/{rate_grid,numerical,short_training}.py."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.doctor import rate_grid
from models.doctor.examined import Subject, take
from models.doctor.short_training import Trial
from models.tasks import expected, losses
from models.training import config, optimizer_config
from tests.models import doctor_subjects as subjects

EXPECTED = expected.of_classes(3)


def subject(**training):
    chosen = config.TrainingConfig(batch_size=8, **training)
    sample = take(subjects.split(*subjects.points()), 21)
    return Subject(subjects.HEALTHY, sample, 30, chosen, None, losses.build(0.0), EXPECTED)


def test_the_grid_prefers_a_rate_that_learns():
    found = rate_grid.rate_grid(
        subject(learning_rate=3e-3, optimizer=optimizer_config.AdamW()),
        subjects.split(*subjects.points(41)),
    )
    assert found.verdict == "warn"
    assert np.shape(found.figures["losses"]) == (3, 5)
    assert found.figures["decays"] == [1e-4, 0.01, 0.1]
    assert "training.learning_rate: 3.0e-02" in found.fix


class Untrained:
    """A trial that answers with the rate of its last step and keeps how it was trained."""

    made = ()

    def __init__(self, subject):
        self.decay = getattr(subject.training.optimizer, "weight_decay", None)
        self.steps = []
        Untrained.made = (*Untrained.made, self)

    def step(self, sample, rate):
        self.steps.append((sample.size, rate))

    def model(self, inputs, training):
        self.held_out = len(inputs["x"])
        return self.steps[-1][1]

    def restart(self):
        self.steps.append(None)


def grid(monkeypatch, count, loss, optimizer=None):
    """What is found of fixed losses, and the trials that were made."""
    monkeypatch.setattr(rate_grid, "Trial", Untrained)
    monkeypatch.setattr(Untrained, "made", ())
    options = {"optimizer": optimizer} if optimizer else {}
    examined = dataclasses.replace(subject(learning_rate=0.01, **options), loss=loss)
    found = rate_grid.rate_grid(examined, subjects.split(*subjects.points(count)))
    return found, Untrained.made


def test_four_of_five_examples_are_trained_on_for_three_epochs_at_each_rate(monkeypatch):
    found, trials = grid(monkeypatch, 41, lambda labels, rate: rate, optimizer_config.AdamW())
    assert [trial.decay for trial in trials] == [1e-4, 0.01, 0.1]
    rates = pytest.approx([0.001, 0.003, 0.01, 0.03, 0.1])
    assert found.figures["rates"] == rates
    epoch = [8, 8, 8, 8, 1]
    for trial in trials:
        taken = [step for step in trial.steps if step is not None]
        assert [size for size, _ in taken] == epoch * 3 * 5
        assert [rate for _, rate in taken[::15]] == rates
        assert [place for place, step in enumerate(trial.steps) if step is None] == [
            *(15, 31, 47, 63, 79)  # After each rate it starts anew.
        ]
        assert trial.held_out == 8
    assert found.evidence.startswith("After 3 epochs on 33 examples the loss on 8 others is lowest")


def test_three_hundred_and_twenty_examples_are_read(monkeypatch):
    found, (trial,) = grid(monkeypatch, 400, lambda *_: 1.0, optimizer_config.Adam())
    assert "on 256 examples the loss on 64 others" in found.evidence
    assert found.figures["decays"] == [0.0]
    assert trial.held_out == 64


@pytest.mark.parametrize(("count", "is_compared"), [(4, False), (5, True)])
def test_few_examples_are_not_compared_on(count, is_compared, monkeypatch):
    found, trials = grid(monkeypatch, count, lambda *_: 1.0)
    assert bool(trials) == is_compared
    assert found.verdict == "pass"


@pytest.mark.parametrize(
    ("best", "here", "verdict"),
    [(1.0, 1.5, "pass"), (1.0, 1.51, "warn"), (np.nan, np.nan, "pass"), (1.0, np.nan, "warn")],
)
def test_another_rate_is_better_with_two_thirds_of_the_loss(best, here, verdict, monkeypatch):
    def loss(labels, rate):
        return best if rate > 0.02 else here

    found, _ = grid(monkeypatch, 41, loss)
    assert found.verdict == verdict
    assert ("`training.learning_rate: 3.0e-02`" in found.fix) == (verdict == "warn")


def test_a_trial_starts_anew():
    examined = subject()
    trial = Trial(examined)
    first = [trial.step(examined.sample, 0.1).loss for _ in range(3)]
    trial.restart()
    assert [trial.step(examined.sample, 0.1).loss for _ in range(3)] == first
    assert first[2] < first[0]


@tf.custom_gradient
def doubled(x):
    return x * 1.0, lambda upstream: 2 * upstream


def test_a_gradient_that_is_not_that_of_the_layer_is_found():
    lying = subjects.network(subjects.dense(7), lambda: keras.layers.Lambda(doubled))
    finding = subjects.until("numerical_gradients", lying)["numerical_gradients"]
    assert finding.verdict == "fail"
    assert min(finding.figures["ratios"]) == pytest.approx(0.5, abs=0.05)


def test_an_empty_background_at_the_kink_of_relus_is_not_blamed_on_the_gradient():
    image = np.zeros((21, 64), "float32")
    image[:, :6] = np.random.default_rng(1).normal(size=(21, 6))
    network = subjects.network(
        lambda: keras.layers.Reshape((8, 8, 1)),
        lambda: keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D,
        width=64,
    )
    found = subjects.until("numerical_gradients", network, features={"x": image})
    assert found["numerical_gradients"].figures["ratios"] == pytest.approx([1, 1], abs=0.02)
