"""Tests of models/doctor/fresh_rates.py: which rate learns most of fresh batches."""

import dataclasses
import itertools

import doctor_subjects as subjects
import numpy as np
import pytest

from models.doctor import fresh_rates
from models.doctor.subject import Subject, take
from models.doctor.trial import Step, Trial
from models.training import config, losses


class Valley:
    """A trial whose loss falls the faster, the nearer its rate is to the best one.

    From some rate on, it rises.
    """

    def __init__(self, best, seconds=0.0):
        self.best, self.now, self._seconds = best, 0.0, seconds
        self.loss, self.rates, self.sizes, self.restarts = 2.0, [], [], 0

    def step(self, sample, rate):
        self.now += self._seconds
        self.rates.append(rate)
        self.sizes.append(sample.size)
        before = self.loss
        if rate > 10 * self.best:
            self.loss *= 1.5
        elif rate > 0:
            self.loss *= 1 - 0.3 / (1 + np.log(rate / self.best) ** 2)
        return Step(before, np.zeros((1, 3)), np.zeros(1))

    def restart(self):
        self.loss, self.restarts = 2.0, self.restarts + 1


BATCHES = subjects.split(*subjects.points(21))


@pytest.mark.parametrize("best", [1e-4, 3e-3, 2e-2])
def test_the_rate_is_within_a_factor_of_three_of_the_best(best):
    found = fresh_rates.measure(Valley(best), BATCHES, 1e9)
    assert best / 3 < found.suggested < best * 3
    assert found.said.endswith("examples at growing rates and 20 batches at each of 3 rates")


def test_batches_are_fresh_and_of_full_size():
    trial = Valley(1e-2)
    fresh_rates.measure(trial, BATCHES, 1e9)
    assert set(trial.sizes) == {8}
    assert trial.restarts == 5
    drawn = itertools.islice(fresh_rates._samples(BATCHES), 3)
    given = [sample.inputs["x"].numpy() for sample in drawn]
    assert not np.array_equal(given[0], given[1])
    np.testing.assert_array_equal(given[0], given[2])  # The second epoch has the same order here.


def test_a_split_smaller_than_a_batch_is_taken_whole():
    small = dataclasses.replace(BATCHES, batch_size=50)
    one = dataclasses.replace(small, order=lambda number: BATCHES.order(number).rebatch(50))
    trial = Valley(1e-2)
    fresh_rates.measure(trial, one, 1e9)
    assert set(trial.sizes) == {21}


@pytest.mark.parametrize(("seconds", "steps", "short"), [(400, 40, 20), (60, 30, 10), (10, 24, 0)])
def test_steps_are_as_many_as_fit_into_the_time(seconds, steps, short):
    trial = Valley(1e-2, seconds=1.0)
    found = fresh_rates.measure(trial, BATCHES, seconds, clock=lambda: trial.now)
    assert f"{steps} batches" in found.said
    assert ("at each of 3 rates" in found.said) == bool(short)
    assert trial.rates.count(found.suggested) == short


def test_a_loss_that_no_rate_lowers_suggests_none():
    trial = Valley(1e-9)
    found = fresh_rates.measure(trial, BATCHES, 1e9)
    assert found.suggested is None
    assert len(found.rates) == len(found.losses) < 40
    assert np.isfinite(found.losses).all()


def test_a_real_model_is_put_back_to_its_start():
    training = config.TrainingConfig(batch_size=8, learning_rate=0.01)
    subject = Subject(subjects.HEALTHY, take(BATCHES, 8), 30, training, None, losses.build(0.0))
    trial = Trial(subject)
    before = [np.array(weight) for weight in trial.model.weights]
    found = fresh_rates.measure(trial, BATCHES, 1e9)
    assert 1e-3 < found.suggested < 1
    for old, new in zip(before, trial.model.weights, strict=True):
        np.testing.assert_array_equal(old, np.array(new))
