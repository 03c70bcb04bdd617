"""Tests of serving/client/retries.py with a clock and a sleep of their own."""

import random

import pytest

from serving.client import ClientError, Retries
from serving.client.calls import run_blocking
from serving.client.retries import Deadline, persist


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 100.0
        self.pauses = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def ask(retries, *failures, seconds=60.0):
    """Fail so many times, then answer; the pauses between."""
    clock, left = Clock(), list(failures)

    async def attempt():
        if left:
            raise left.pop(0)
        return "answer"

    deadline = Deadline(seconds, "host:1", clock)
    asking = persist(attempt, retries, deadline, random.Random(7), clock.sleep)
    assert run_blocking(asking) == "answer"
    return clock.pauses


def busy(retry_after=None):
    return ClientError("busy", "UNAVAILABLE", retry_after=retry_after)


def test_pauses_are_random_below_a_limit_that_doubles():
    pauses = ask(Retries(attempts=7, first_delay=1.0, max_delay=8.0), *[busy()] * 6)
    limits = [1, 2, 4, 8, 8, 8]
    assert all(0 < pause < limit for pause, limit in zip(pauses, limits, strict=True))
    assert len({pause / limit for pause, limit in zip(pauses, limits, strict=True)}) == 6


def test_what_the_server_asks_for_is_waited_at_least():
    assert ask(Retries(first_delay=0.1), busy(30.0)) == [30.0]


def test_after_the_last_attempt_the_error_is_raised():
    with pytest.raises(ClientError, match="busy"):
        ask(Retries(attempts=2), busy(), busy())


def test_no_pause_goes_beyond_the_deadline():
    with pytest.raises(ClientError, match="busy"):
        ask(Retries(), busy(60.0), seconds=60.0)


def test_what_will_not_pass_is_raised_at_once():
    with pytest.raises(ClientError, match="unknown model"):
        ask(Retries(), ClientError("unknown model", "NOT_FOUND"))


def test_a_deadline_passes():
    clock = Clock()
    deadline = Deadline(2.5, "host:1", clock)
    assert deadline.left() == 2.5
    clock.now += 2.5
    with pytest.raises(ClientError, match="host:1 did not answer within 2.5 seconds") as caught:
        deadline.left()
    assert caught.value.code == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_timeout_must_leave_some_time(seconds):
    with pytest.raises(ValueError, match="`timeout` must be more than 0 seconds"):
        Deadline(seconds, "host:1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attempts": 0}, "`attempts` must be at least 1. Received: 0"),
        ({"first_delay": 9.0}, "first_delay=9.0, max_delay=5.0"),
        ({"first_delay": -1.0}, "0 <= first_delay"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Retries(**change)


def test_a_blocking_call_does_not_wait_for_an_event_loop():
    class Forever:
        def __await__(self):
            yield

    async def suspend():
        await Forever()

    with pytest.raises(RuntimeError, match="wait for an event loop"):
        run_blocking(suspend())
