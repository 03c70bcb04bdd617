"""Tests of models/doctor/{rate_grid,numerical,short_training}.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.doctor import rate_grid
from models.doctor.examined import Subject, take
from models.doctor.short_training import Trial
from models.training import config, losses, optimizer_config
from tests.models import doctor_subjects as subjects


def subject(**training):
    chosen = config.TrainingConfig(batch_size=8, **training)
    sample = take(subjects.split(*subjects.points()), 21)
    return Subject(subjects.HEALTHY, sample, 30, chosen, None, losses.build(0.0))


def test_the_grid_prefers_a_rate_that_learns():
    found = rate_grid.rate_grid(
        subject(learning_rate=3e-3, optimizer=optimizer_config.AdamW()),
        subjects.split(*subjects.points(41)),
    )
    assert found.verdict == "warn"
    assert np.shape(found.figures["losses"]) == (3, 5)
    assert found.figures["decays"] == [1e-4, 0.01, 0.1]
    assert "training.learning_rate: 3.0e-02" in found.fix


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
