"""Tests of models/doctor/fresh_rates.py: which rate learns most of fresh batches."""

import dataclasses
import itertools
import logging

import numpy as np
import pytest

from models.doctor import fresh_rates
from models.doctor.examined import Subject, take
from models.doctor.short_training import Step, Trial
from models.tasks import expected, losses
from models.training import config
from tests.models import doctor_subjects as subjects

EXPECTED = expected.of_classes(3)


class Valley:
    """A trial whose loss falls the faster, the nearer its rate is to the best one.

    From some rate on, it rises.
    """

    def __init__(self, best, seconds=0.0):
        self.best, self.now, self._seconds = best, 0.0, seconds
        self.loss, self.rates, self.sizes, self.restarts = 2.0, [], [], 0
        self.labels = []

    def step(self, sample, rate):
        self.now += self._seconds
        self.rates.append(rate)
        self.sizes.append(sample.size)
        self.labels.append(sample.targets.numpy())
        before = self.loss
        if rate > 10 * self.best:
            self.loss *= 1.5
        elif rate > 0:
            self.loss *= 1 - 0.3 / (1 + np.log(rate / self.best) ** 2)
        return Step(before, np.zeros((1, 3)), np.zeros(1))

    def restart(self):
        self.loss, self.restarts = 2.0, self.restarts + 1


def numbered(count):
    """A split whose labels are the numbers of its examples."""
    features, _ = subjects.points(count)
    return subjects.split(features, np.arange(count))


BATCHES = subjects.split(*subjects.points(21))
LONG = numbered(325)  # An epoch is enough for a test, and few epochs are quick to begin.


@pytest.mark.parametrize("best", [1e-4, 3e-3, 2e-2])
def test_the_rate_is_within_a_factor_of_three_of_the_best(best):
    found = fresh_rates.measure(Valley(best), LONG, 1e9)
    assert best / 3 < found.suggested < best * 3
    assert "of 8 examples (the training split has 40) at rates growing to" in found.said
    assert found.said.endswith(" and 20 batches at each of 3 rates")


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
    found = fresh_rates.measure(trial, one, 0)
    assert set(trial.sizes) == {21}
    assert "24 batches of 21 examples (the training split has 1)" in found.said


@pytest.mark.parametrize(
    ("seconds", "steps", "short"),
    [(400, 40, 20), (60, 30, 10), (48, 24, 8), (47, 24, 0), (10, 24, 0)],
)
def test_steps_are_as_many_as_fit_into_the_time(seconds, steps, short):
    trial = Valley(1e-2, seconds=1.0)
    found = fresh_rates.measure(trial, LONG, seconds, clock=lambda: trial.now)
    assert found.said.startswith(f"{len(found.rates)} batches")
    assert found.rates[1] / found.rates[0] == pytest.approx(3e6 ** (1 / (steps - 1)))
    assert ("at each of 3 rates" in found.said) == bool(short)
    assert trial.rates.count(found.suggested) == short


@pytest.mark.parametrize("best", [1e-4, 3e-3, 2e-2])
def test_without_a_limit_of_time_every_full_batch_is_taken_once_and_a_third_at_each_rate(best):
    trial = Valley(best, seconds=1e3)
    found = fresh_rates.measure(trial, numbered(996), None, clock=lambda: trial.now)
    assert best / 3 < found.suggested < best * 3
    taken = len(found.rates)
    # Of 124 full batches those at rates at which all is lost are left out.
    assert found.rates[1] / found.rates[0] == pytest.approx(3e6 ** (1 / 123))
    seen = np.concatenate(trial.labels[2 : taken + 2])
    np.testing.assert_array_equal(seen, np.arange(taken * 8))
    assert found.said.startswith(f"{taken} batches of 8 examples (the training split has 124)")
    assert "and 41 batches at each of 3 rates" in found.said
    assert trial.rates.count(found.suggested) == 41


def test_a_loss_that_never_explodes_is_followed_to_the_last_full_batch():
    trial = Valley(1.0)
    found = fresh_rates.measure(trial, numbered(804), None)
    assert (len(found.rates), found.rates[-1]) == (100, pytest.approx(3.0))
    np.testing.assert_array_equal(np.concatenate(trial.labels[2:102]), np.arange(800))


def test_few_batches_are_taken_several_times():
    found = fresh_rates.measure(Valley(1.0), BATCHES, None)
    assert len(found.rates) == 40
    assert found.said.endswith("to 3 and 20 batches at each of 3 rates")


def test_noise_of_more_batches_is_averaged_over_more_of_them():
    draw = np.random.default_rng(0)

    class Noisy(Valley):
        def step(self, sample, rate):
            found = super().step(sample, rate)
            return dataclasses.replace(found, loss=found.loss + draw.normal(0, 0.3))

    spreads = []
    for count in (320, 6400):
        trial = Noisy(1e-2)
        losses = fresh_rates.measure(trial, numbered(count), None).losses
        half = len(losses) // 2  # Where rates are too low to do anything.
        spreads.append(np.std(np.diff(losses[half // 2 : half])))
    assert spreads[1] < spreads[0] / 10


def test_progress_is_reported_at_most_twenty_times_a_training(caplog):
    with caplog.at_level(logging.INFO, logger="maru.progress"):
        fresh_rates.measure(Valley(1.0), numbered(804), None)
    places = [record.progress for record in caplog.records]
    assert [place["epoch"] for place in places[:20]] == list(range(5, 101, 5))
    assert len(places) == 20 + 3 * 16
    assert {(place["steps"], place["counted"]) for place in places} == {(1, "batch")}


def test_a_loss_that_no_rate_lowers_suggests_none():
    trial = Valley(1e-9)
    found = fresh_rates.measure(trial, LONG, 1e9)
    assert found.suggested is None
    assert len(found.rates) == len(found.losses) < 40
    assert np.isfinite(found.losses).all()


class Late(Valley):
    """A trial whose loss falls only after some steps at a good rate."""

    def step(self, sample, rate):
        found = super().step(sample, rate)
        self.good = self.good + 1 if 0.5 < rate / self.best < 2 else 0
        if self.good < 9 and self.loss < 2.0:
            self.loss = 2.0
        return found

    good = 0


@pytest.mark.parametrize(("near", "suggested"), [(3e-3, 9e-3), (3e-2, 9e-3), (1e-4, None)])
def test_a_loss_that_falls_late_is_looked_for_around_another_rate(near, suggested):
    assert fresh_rates.measure(Late(1e-2), LONG, 1e9).suggested is None
    trial = Late(1e-2)
    found = fresh_rates.measure(trial, LONG, 1e9, near)
    assert found.suggested == (suggested and pytest.approx(suggested))
    assert trial.restarts == 5


def test_a_loss_that_falls_late_is_not_looked_for_without_time():
    trial = Late(1e-2, seconds=1.0)
    found = fresh_rates.measure(trial, LONG, 10, 1e-2, clock=lambda: trial.now)
    assert (found.suggested, trial.restarts) == (None, 2)


class Scripted:
    """A trial whose losses are given; the last one goes on."""

    def __init__(self, *losses):
        self._losses, self._place = losses, 0

    def step(self, sample, rate):
        loss = self._losses[min(self._place, len(self._losses) - 1)]
        self._place += 1
        return Step(loss, np.zeros((1, 3)), np.zeros(1))

    def restart(self):
        self._place = 0


@pytest.mark.parametrize(("steps", "kept"), [(40, 0.8), (400, 0.98)])
def test_of_many_steps_an_eighth_is_averaged_and_of_few_five(steps, kept):
    _, losses = fresh_rates._range(Scripted(0.0, 1.0, np.nan), LONG, steps)
    assert losses.tolist() == [0.0, pytest.approx(1 / (1 + kept))]


@pytest.mark.parametrize(
    ("first", "second", "is_hopeless"),
    [
        (1.0, 6.3, False),  # The mean, four fifths of it kept, is 3.94.
        (1.0, 6.5, True),
        (2.0, 12.7, False),
        (2.0, 12.9, True),
        (0.1, 7.0, False),  # A small loss may grow to four.
        (0.1, 7.2, True),
    ],
)
def test_a_loss_of_four_times_the_first_ends_the_range_test(first, second, is_hopeless):
    _, losses = fresh_rates._range(Scripted(first, second, first), LONG, 24)
    assert len(losses) == (2 if is_hopeless else 24)


@pytest.mark.parametrize(("last", "suggested"), [(0.9, 0.3), (0.901, None)])
def test_the_mean_loss_must_fall_by_a_fiftieth(last, suggested):
    # It weighs a fifth of the mean, at a rate of three, of which a tenth is suggested.
    trial = Scripted(*[1.0] * 23, last)
    found = fresh_rates.measure(trial, LONG, 0)
    assert found.suggested == (suggested and pytest.approx(suggested))


@pytest.mark.parametrize(("steps", "counted"), [(8, 5), (20, 5), (23, 5), (24, 6), (40, 10)])
def test_the_end_of_a_short_training_is_its_last_quarter_or_five_steps(steps, counted):
    end = fresh_rates._short(Scripted(*range(steps)), LONG, 0.1, steps)
    assert end == pytest.approx(np.mean(range(steps - counted, steps)))


def test_a_short_training_that_explodes_ends_at_an_infinite_loss():
    assert fresh_rates._short(Scripted(1.0, np.nan), LONG, 0.1, 8) == np.inf


def test_a_real_model_is_put_back_to_its_start():
    training = config.TrainingConfig(batch_size=8, learning_rate=0.01)
    subject = Subject(
        subjects.HEALTHY, take(BATCHES, 8), 30, training, None, losses.build(0.0), EXPECTED
    )
    trial = Trial(subject)
    before = [np.array(weight) for weight in trial.model.weights]
    found = fresh_rates.measure(trial, BATCHES, 1e9)
    assert 1e-3 < found.suggested < 1
    for old, new in zip(before, trial.model.weights, strict=True):
        np.testing.assert_array_equal(old, np.array(new))
