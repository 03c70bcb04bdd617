"""Tests of models/doctor/{numerical,short_training,examination}.py: limits, groups, time."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.doctor import examination, finding, numerical
from models.doctor.examined import Subject, take
from models.doctor.short_training import Trial
from models.tasks import expected, losses
from models.training import config, optimizer_config
from tests.models import doctor_subjects as subjects

EXPECTED = expected.of_classes(3)


def examine(build, loss=None):
    sample = take(subjects.split(*subjects.points()), 21)
    chosen = config.TrainingConfig(batch_size=8)
    examined = Subject(build, sample, 30, chosen, None, loss or losses.build(0.0), EXPECTED)
    trial = Trial(examined)
    start = [variable.numpy() for variable in trial.model.trainable_variables]
    found = numerical.numerical_gradients(examined, trial)
    for variable, value in zip(trial.model.trainable_variables, start, strict=True):
        np.testing.assert_array_equal(variable, value)
    return found


def lying(factor):
    """A layer whose gradient is so many times too small."""

    @tf.custom_gradient
    def same(x):
        return x * 1.0, lambda upstream: upstream / factor

    return lambda: keras.layers.Lambda(same)


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.05, "pass"), (1.15, "warn"), (0.85, "warn"), (1.25, "warn"), (1.4, "fail"), (0.6, "fail")],
)
def test_a_gradient_a_little_off_passes_more_warns_much_fails(factor, verdict):
    found = examine(subjects.network(subjects.dense(7), lying(factor)))
    assert found.verdict == verdict
    assert found.figures["ratios"][1] == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("unit", [0.01, 100.0])
def test_the_size_of_the_loss_does_not_matter(unit):
    entropy = losses.build(0.0)
    found = examine(subjects.HEALTHY, loss=lambda labels, logits: unit * entropy(labels, logits))
    assert found.figures["ratios"] == pytest.approx([1.0, 1.0], abs=0.02)


class Scale(keras.layers.Layer):
    """One weight."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, values):
        return values * self.scale


def test_all_weights_the_first_kernel_and_four_layers_of_their_own_are_moved():
    names = [f"own_{index}" for index in range(6)]
    scales = [lambda name=name: Scale(name=name) for name in names]
    found = examine(subjects.network(subjects.dense(4, name="first"), *scales))
    assert found.figures["groups"] == [
        "all weights",
        "first/kernel",
        *(f"layer {name}" for name in names[:4]),
    ]
    assert found.figures["ratios"] == pytest.approx([1.0] * 6, abs=0.02)
    assert "6 of 6 groups" in found.evidence


def test_a_loss_without_a_gradient_cannot_be_compared():
    found = examine(subjects.HEALTHY, loss=lambda labels, logits: tf.constant(1.0))
    assert found.verdict == "pass"
    assert "too coarse" in found.evidence
    assert found.figures == {"groups": [], "ratios": []}


def test_a_loss_of_many_bends_has_not_settled():
    def bent(labels, logits):
        return 1.0 + 1e-2 * tf.reduce_mean(tf.abs(tf.math.floormod(logits * 300, 2.0) - 1.0))

    assert "too coarse" in examine(subjects.HEALTHY, loss=bent).evidence


def test_biases_of_one_value_are_moved_off_it_and_others_stay():
    same, trained, kernel = (
        keras.Variable(value) for value in ([2.0, 2.0], [2.0, 3.0], [[2.0, 2.0]])
    )
    numerical._leave_kinks([same, trained, kernel])
    assert (np.array(same) != 2).all() and (abs(np.array(same) - 2) < 0.5).all()
    assert np.array(trained).tolist() == [2, 3]
    assert np.array(kernel).tolist() == [[2, 2]]


def trial(clock, **training):
    sample = take(subjects.split(*subjects.points()), 4)
    chosen = config.TrainingConfig(batch_size=8, **training)
    return Trial(
        Subject(subjects.HEALTHY, sample, 9, chosen, None, losses.build(0.0), EXPECTED), clock
    )


def test_the_quickest_step_says_how_many_are_affordable():
    times = iter([0.0, 9.0, 10.0, 12.0, 20.0, 25.0])
    timed = trial(lambda: next(times))
    assert timed.affordable(10.0, 3, 50) == 50  # Nothing is known.
    sample = take(subjects.split(*subjects.points()), 4)
    for _ in range(3):
        timed.step(sample, 0.0)
    assert timed.seconds_per_step == 2.0
    assert [timed.affordable(seconds, 3, 50) for seconds in (1, 11.0, 1000)] == [3, 5, 50]


def test_a_step_is_as_long_as_its_rate_whatever_the_schedule_accumulation_and_clipping_add():
    stepping = trial(
        itertools.count().__next__,
        learning_rate=7.0,
        accumulate=3,
        optimizer=optimizer_config.SGD(momentum=0.0),
    )
    sample = take(subjects.split(*subjects.points()), 4)
    kernel = stepping.model.trainable_variables[0]
    before = np.array(kernel)
    norm = stepping.step(sample, 0.25).norms[0]
    assert np.linalg.norm(np.array(kernel) - before) == pytest.approx(0.25 * norm, rel=1e-4)
    assert stepping.unreached == set()


def test_findings_tell_how_long_they_took():
    ticks = itertools.count(step=2.0)
    found = examination._Timed(lambda: next(ticks))(lambda: finding.Finding("a", "pass", "b."))
    assert found.seconds == 2.0
    both = examination._Timed(lambda: next(ticks))(lambda: (finding.Finding("a", "pass", "b."), 7))
    assert (both[0].seconds, both[1]) == (2.0, 7)


def test_numbers_to_draw_are_finite():
    assert finding.drawable([1, np.inf, -np.inf, np.nan, 0.5]) == [1.0, None, None, None, 0.5]
