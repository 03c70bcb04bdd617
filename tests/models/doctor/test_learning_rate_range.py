"""Tests of models/doctor/learning_rate_range.py: curves over rates, and what they say of one."""

import numpy as np
import pytest

from models.doctor import learning_rate_range
from models.doctor.examined import Subject, take
from models.doctor.fresh_rates import FreshRates
from models.doctor.learning_rate_range import Range
from models.doctor.short_training import Step
from models.tasks import expected, losses
from models.training import config, schedule_config
from tests.models import doctor_subjects as subjects

EXPECTED = expected.of_classes(3)

SAMPLE = take(subjects.split(*subjects.points(8)), 8)


class Scripted:
    """A trial whose losses are given; the last one goes on."""

    def __init__(self, *losses):
        self._losses, self._place, self.rates, self.restarts = losses, 0, [], 0

    def step(self, sample, rate):
        loss = self._losses[min(self._place, len(self._losses) - 1)]
        self._place += 1
        self.rates.append(rate)
        return Step(loss, np.zeros((1, 3)), np.zeros(1))

    def restart(self):
        self._place = 0
        self.restarts += 1


def curve(*losses):
    return Range(10.0 ** np.arange(len(losses)), np.array(losses, float))


def test_rates_grow_by_one_factor_between_the_ends_of_the_test():
    trial = Scripted(1.0)
    found = learning_rate_range.measure(trial, SAMPLE, 9)
    assert found.rates.tolist() == pytest.approx([10.0**power for power in range(-7, 2)])
    assert found.losses.tolist() == [1.0] * 9
    assert trial.rates == found.rates.tolist()
    assert trial.restarts == 1


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        (1.0, 20.0, 9),
        (1.0, 20.1, 2),
        (2.0, 40.0, 9),
        (2.0, 40.1, 2),
        (0.1, 20.0, 9),
        (0.1, 20.1, 2),
    ],
)
def test_the_test_ends_at_twenty_times_the_first_loss(first, second, steps):
    assert len(learning_rate_range.measure(Scripted(first, second), SAMPLE, 9).losses) == steps


def test_a_loss_that_is_no_number_counts_as_infinite():
    found = learning_rate_range.measure(Scripted(1.0, np.nan), SAMPLE, 9)
    assert found.losses.tolist() == [1.0, np.inf]


@pytest.mark.parametrize(
    ("losses", "suggested"),
    [
        ((1.0, 0.9, 0.4, 0.3, 0.7), 10.0),  # Of the step before the steepest fall.
        ((1.0, 0.9, 0.8, 0.3), 100.0),
        ((1.0, 0.3, 0.29), 1.0),
        ((1.0, 0.98), 1.0),
        ((1.0, 0.981), None),
        ((0.5, 0.49), 1.0),
        ((0.5, 0.491), None),
        ((1.0, 1.1), None),
        ((0.0, 0.0), None),
        ((np.inf, np.inf), None),
        ((1.0, 0.9, 0.5, 1.6), 10.0),
        ((1.0, 0.9, 0.8, 0.3, 9.0), 100.0),
        ((1.0, 0.5, 9.0), 1.0),
        # At most a fourth of the rate at which the loss leaves its valley.
        ((1.0, 1.0, 1.0, 0.9, 9.0), 100.0),
        ((1.0, 1.0, 0.9, 0.5, 9.0), 100.0),
    ],
)
def test_the_rate_at_which_the_loss_falls_fastest_is_suggested(losses, suggested):
    assert curve(*losses).suggested == suggested


def test_the_suggested_rate_is_a_fourth_of_the_one_that_is_too_high_at_most():
    found = Range(np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 0.9, 0.1, 9.0]))
    assert (found.largest, found.suggested) == (4.0, 1.0)
    found = Range(np.array([1.0, 2.0, 16.0, 32.0]), np.array([1.0, 0.9, 0.1, 9.0]))
    assert (found.largest, found.suggested) == (16.0, 2.0)


@pytest.mark.parametrize(
    ("losses", "largest"),
    [
        ((1.0, 0.5, 1.6), 10.0),
        ((1.0, 0.5, 1.5), None),
        ((2.0, 0.5, 3.0, 3.1), 100.0),
        ((2.0, 3.1, 0.5), None),  # It comes back.
        ((1.0, 0.5, 0.6), None),
        ((1.0, 1.6), 1.0),
    ],
)
def test_a_rate_is_too_high_after_which_the_loss_is_half_as_high_again(losses, largest):
    assert curve(*losses).largest == largest


def subject(rate, steps=70, **training):
    chosen = config.TrainingConfig(batch_size=8, learning_rate=rate, **training)
    return Subject(subjects.HEALTHY, SAMPLE, steps, chosen, None, losses.build(0.0), EXPECTED)


FALLING = Range(np.array([0.1, 1.0, 2.0]), np.array([1.0, 0.5, 9.0]))
"""At rates above 1; 0.1 is suggested."""
FLAT = Range(np.array([0.1, 1.0]), np.array([1.0, 1.0]))


def fresh(suggested=None):
    return FreshRates(np.array([0.3, 0.6]), np.array([1.0, np.inf]), suggested, "7 batches")


def judge(examined, found, *losses, suggested=None):
    return learning_rate_range.learning_rate_range(
        examined, Scripted(*losses), found, SAMPLE, fresh(suggested)
    )


def test_eight_steps_are_taken_at_the_configured_rate():
    trial = Scripted(1.0, 0.9)
    found = learning_rate_range.learning_rate_range(subject(0.2), trial, FALLING, SAMPLE, fresh())
    assert (trial.rates, trial.restarts) == ([0.2] * 8, 1)
    assert found.verdict == "pass"
    assert "; 8 steps at `training.learning_rate` 0.2 take it from 1 to 0.9." in found.evidence


def test_what_fresh_batches_say_comes_before_what_a_few_examples_say():
    few = judge(subject(0.2), FALLING, 1.0, 0.5)
    assert few.figures["rates"] == [0.1, 1.0, 2.0]
    assert (few.figures["suggested"], few.figures["largest"]) == (0.1, 1.0)
    assert "falls fastest at 1.0e-01 and a few examples blow up above 1.0e+00;" in few.evidence
    many = judge(subject(0.2), FALLING, 1.0, 0.5, suggested=0.4)
    assert (many.figures["rates"], many.figures["losses"]) == ([0.3, 0.6], [1.0, None])
    assert many.figures["suggested"] == 0.4
    assert "7 batches learn most at 4.0e-01" in many.evidence


@pytest.mark.parametrize(
    ("rate", "losses", "verdict"),
    [
        (1.0, [1.0, 1.5], "fail"),
        (1.0, [1.0, 1.49], "pass"),
        (0.99, [1.0, 9.0], "pass"),
        (1.0, [1.0, 1, 1, 1, 1, 9, 1], "fail"),  # Of the last three steps.
        (1.0, [1.0, 1, 1, 1, 9, 1], "pass"),
        (1.0, [2.0, 3.0], "fail"),
        (1.0, [2.0, 2.9], "pass"),
        (1.0, [1.0, np.nan, 1.0], "fail"),
    ],
)
def test_a_rate_that_is_too_high_and_makes_the_loss_grow_fails(rate, losses, verdict):
    found = judge(subject(rate), FALLING, *losses)
    assert found.verdict == verdict
    assert (found.fix == "Set `training.learning_rate: 1.0e-01`.") == (verdict == "fail")


@pytest.mark.parametrize(("rate", "verdict"), [(10.0, "fail"), (9.9, "warn")])
def test_without_a_rate_that_blows_up_ten_is_too_high(rate, verdict):
    found = judge(subject(rate), FLAT, 1.0, 9.0)
    assert found.verdict == verdict
    assert ("1.0e-02" in found.fix) == (verdict == "fail")  # A thousandth of it.


@pytest.mark.parametrize(("rate", "verdict"), [(9.9, "warn"), (10.0, "fail")])
def test_a_warm_up_may_bear_up_to_ten_times_a_rate_that_is_too_high(rate, verdict):
    warm = schedule_config.Linear(warmup=0.1)
    assert judge(subject(rate, schedule=warm), FALLING, 1.0, 9.0).verdict == verdict
    assert judge(subject(rate), FALLING, 1.0, 9.0).verdict == "fail"


@pytest.mark.parametrize(
    ("rate", "end", "verdict"),
    [
        (0.003, 0.9899, "pass"),  # Of seven steps; ten times that in all: a tenth of the loss.
        (0.003, 0.9901, "warn"),
        (0.003, 0.9979, "warn"),
        (0.003, 0.9981, "fail"),
        (0.003, 1.01, "fail"),
        (0.0034, 1.0, "pass"),  # A thirtieth of what is suggested.
        (0.0033, 1.0, "fail"),
    ],
)
def test_a_rate_at_which_the_whole_training_lowers_the_loss_by_little_is_too_low(
    rate, end, verdict
):
    found = judge(subject(rate), FALLING, *[1.0] * 7, end)
    assert found.verdict == verdict
    doubled = judge(subject(rate), FALLING, *[2.0] * 7, 2 * end)
    assert doubled.verdict == verdict
    if verdict != "pass":
        share = f"{max(0, 10 * (1 - end)):.1%}"
        assert f"all 70 steps of the training lower the loss by {share}" in found.meaning
        assert "`training.learning_rate: 1.0e-01`, or train more `epochs`" in found.fix


@pytest.mark.parametrize("second", [0.5, 1.2])
def test_the_pace_is_that_from_the_first_step_to_the_last(second):
    losses = [1.0, second, *[1.0] * 5, 0.98]
    assert judge(subject(0.003), FALLING, *losses).verdict == "pass"
    losses[-1] = 1.0
    assert judge(subject(0.003), FALLING, *losses).verdict == "fail"


def test_a_few_examples_that_no_rate_learns_are_told():
    for suggested in (None, 0.4):
        found = judge(subject(0.2), FLAT, 1.0, suggested=suggested)
        assert found.verdict == "warn"
        assert "something else is wrong" in found.meaning
    assert "the loss never falls from 1;" in judge(subject(0.2), FLAT, 1.0).evidence
