"""Accuracies by minute out of a log that tells means since the begin."""

import datetime

import pytest

from benchmarks import pretraining

BEGIN = datetime.datetime(2026, 1, 1)


def step(seconds, number, accuracy):
    return BEGIN + datetime.timedelta(seconds=seconds), number, 9, accuracy


def test_a_minute_has_the_mean_of_its_own_steps():
    steps = [step(0, 1, 0.1), step(30, 2, 0.2), step(70, 4, 0.4), step(190, 5, 0.5)]
    found = list(pretraining.by_minute(steps))
    assert [done for _, done in found] == [2, 4, 5]
    assert [mean for mean, _ in found] == [pytest.approx(one) for one in (0.2, 0.6, 0.9)]
