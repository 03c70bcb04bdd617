"""Tests of serving/batching/session.py."""

import collections
import random
import threading
import time
import weakref
from concurrent import futures

import numpy as np
import pytest

from serving import errors
from serving.batching.parameters import BatchingParameters
from serving.batching.scheduler import Scheduler
from serving.batching.session import BatchingSession

NEVER = 10**12
SECONDS = 20


class Doubling:
    """Answers `y:0` and `z:0`, twice and three times `x:0`; strings are repeated."""

    def __init__(self):
        self.calls = []
        self.is_closed = False

    def run(self, feeds, fetches, timeout=None):
        self.calls.append((feeds, fetches, timeout))
        return [feeds["x:0"] * {"y:0": 2, "z:0": 3}[name] for name in fetches]

    def close(self):
        self.is_closed = True


class Figures:
    """What was counted and observed."""

    def __init__(self):
        self.counts = collections.Counter()
        self.values = collections.defaultdict(list)

    def increment(self, name, amount=1, **labels):
        self.counts[name] += amount

    def observe(self, name, value, **labels):
        self.values[name, *labels.items()].append(value)


@pytest.fixture
def scheduler():
    scheduler = Scheduler(2, "test")
    yield scheduler
    scheduler.close()


def _session(scheduler, wrapped, figures=None, **parameters):
    values = BatchingParameters(**parameters)
    return BatchingSession(wrapped, values, scheduler, figures or Figures())


def _run_together(session, calls):
    """Each call in a thread of its own; the results, or what was raised, in order."""
    with futures.ThreadPoolExecutor(len(calls)) as pool:
        waiting = [pool.submit(session.run, *call) for call in calls]
        return [future.exception(SECONDS) or future.result() for future in waiting]


def _x(*values):
    return {"x:0": np.array(values, np.float32)}


def test_callers_share_a_batch_and_each_gets_its_rows_in_its_order(scheduler):
    wrapped = Doubling()
    session = _session(scheduler, wrapped, max_batch_size=3, batch_timeout_micros=NEVER)
    first, second = _run_together(
        session, [(_x(1), ["z:0", "y:0"]), (_x(2, 3), ["y:0", "z:0", "y:0"])]
    )
    assert [array.tolist() for array in first] == [[3], [2]]
    assert [array.tolist() for array in second] == [[4, 6], [6, 9], [4, 6]]
    assert [fetches for _, fetches, _ in wrapped.calls] == [["y:0", "z:0"]]


def test_other_fetches_are_another_batch(scheduler):
    wrapped = Doubling()
    session = _session(scheduler, wrapped, max_batch_size=1)
    _run_together(session, [(_x(1), ["y:0"]), (_x(1), ["z:0"])])
    assert sorted(fetches for _, fetches, _ in wrapped.calls) == [["y:0"], ["z:0"]]


def test_another_type_is_another_batch_so_that_a_wrong_one_fails_alone(scheduler):
    class Strict(Doubling):
        def run(self, feeds, fetches, timeout=None):
            if feeds["x:0"].dtype != np.float32:
                raise errors.invalid_argument("Expects arg[0] to be float but int64 is provided")
            return super().run(feeds, fetches, timeout)

    session = _session(scheduler, Strict(), max_batch_size=2)
    wrong = {"x:0": np.array([1, 2])}
    right, refused = _run_together(session, [(_x(1, 2), ["y:0"]), (wrong, ["y:0"])])
    assert right[0].tolist() == [2, 4]
    assert "Expects arg[0] to be float" in refused.text


def test_a_batch_is_filled_up_to_an_allowed_size(scheduler):
    wrapped, figures = Doubling(), Figures()
    session = _session(scheduler, wrapped, figures, max_batch_size=8, allowed_batch_sizes=(2, 4, 8))
    assert session.run(_x(5, 6, 7), ["y:0"])[0].tolist() == [10, 12, 14]
    assert wrapped.calls[0][0]["x:0"].tolist() == [5, 6, 7, 5]
    prefix = "/tensorflow/serving/batching_session"
    assert figures.values[f"{prefix}/input_batch_size",] == [3]
    assert figures.values[f"{prefix}/processed_batch_size",] == [4]
    assert figures.values[f"{prefix}/padding_size", ("execution_batch_size", "4")] == [1]
    assert figures.counts == {f"{prefix}/wrapped_run_count": 1}
    (waited,) = figures.values[f"{prefix}/queuing_latency", ("thread_pool_name", "")]
    assert 0 < waited < SECONDS * 1e6


def test_a_request_without_rows_is_answered(scheduler):
    wrapped = Doubling()
    session = _session(scheduler, wrapped, max_batch_size=4, allowed_batch_sizes=(4,))
    assert session.run({"x:0": np.zeros((0, 2))}, ["y:0"])[0].shape == (0, 2)


def test_variable_lengths_are_padded_to_the_longest_of_the_batch(scheduler):
    wrapped = Doubling()
    session = _session(
        scheduler,
        wrapped,
        max_batch_size=2,
        batch_timeout_micros=NEVER,
        pad_variable_length_inputs=True,
    )
    short, long = {"x:0": np.array([[1]])}, {"x:0": np.array([[2, 3, 4]])}
    answers = _run_together(session, [(short, ["y:0"]), (long, ["y:0"])])
    assert [answer[0].tolist() for answer in answers] == [[[2, 2, 2]], [[4, 6, 8]]]


def test_an_error_of_the_batch_reaches_every_caller(scheduler):
    session = _session(scheduler, Doubling(), max_batch_size=2, batch_timeout_micros=NEVER)
    calls = [({"x:0": np.zeros((1, length))}, ["y:0"]) for length in (1, 2)]
    first, second = _run_together(session, calls)
    assert first is not second
    for error in (first, second):
        assert error.code == "FAILED_PRECONDITION"
        assert "different shapes and padding is turned off" in error.text


def test_a_large_request_is_split_and_put_together_again(scheduler):
    wrapped = Doubling()
    session = _session(
        scheduler,
        wrapped,
        max_batch_size=20,
        enable_large_batch_splitting=True,
        max_execution_batch_size=3,
    )
    (doubled,) = session.run(_x(*range(10)), ["y:0"])
    assert doubled.tolist() == list(range(0, 20, 2))
    assert sorted(len(feeds["x:0"]) for feeds, _, _ in wrapped.calls) == [1, 3, 3, 3]


def test_outputs_without_a_row_for_each_input_row_are_refused(scheduler):
    class Summing(Doubling):
        def run(self, feeds, fetches, timeout=None):
            return [np.sum(feeds["x:0"], keepdims=name == "z:0") for name in fetches]

    session = _session(scheduler, Summing(), max_batch_size=2)
    with pytest.raises(errors.ServingError, match="Batched output tensor has 0 dimensions"):
        session.run(_x(1, 2), ["y:0"])
    with pytest.raises(errors.ServingError, match="does not equal the sum of the 0th dimension"):
        session.run(_x(1, 2), ["z:0"])


def test_inputs_without_rows_never_reach_the_queue(scheduler):
    session = _session(scheduler, Doubling())
    with pytest.raises(errors.ServingError, match="must have at least one dimension"):
        session.run({"x:0": np.float32(1)}, ["y:0"])


def test_a_batch_whose_callers_have_all_given_up_is_not_run(scheduler):
    wrapped = Doubling()
    session = _session(scheduler, wrapped)
    with pytest.raises(errors.ServingError) as caught:
        session.run(_x(1), ["y:0"], 0.0)
    assert (caught.value.code, caught.value.text) == (
        "RESOURCE_EXHAUSTED",
        "Run() timeout exceeded while waiting in batching queue",
    )
    assert not wrapped.calls


@pytest.mark.parametrize(("timeouts", "low", "high"), [((0.0, 50.0), 30, 50), ((5.0, 30.0), 5, 30)])
def test_a_batch_has_the_time_of_its_most_patient_caller(scheduler, timeouts, low, high):
    wrapped = Doubling()
    session = _session(scheduler, wrapped, max_batch_size=2, batch_timeout_micros=NEVER)
    answers = _run_together(session, [(_x(1), ["y:0"], timeout) for timeout in timeouts])
    assert [answer[0].tolist() for answer in answers] == [[2], [2]]
    assert low < wrapped.calls[0][2] <= high


def test_a_batch_with_a_caller_without_timeout_has_none(scheduler):
    wrapped = Doubling()
    session = _session(scheduler, wrapped, max_batch_size=2, batch_timeout_micros=NEVER)
    _run_together(session, [(_x(1), ["y:0"], 5.0), (_x(1), ["y:0"], None)])
    assert wrapped.calls[0][2] is None


def test_closing_waits_for_running_batches_before_the_session_is_freed(scheduler):
    started, gate = threading.Event(), threading.Event()

    class Slow(Doubling):
        def run(self, feeds, fetches, timeout=None):
            started.set()
            assert gate.wait(SECONDS)
            assert not self.is_closed
            return super().run(feeds, fetches, timeout)

    wrapped = Slow()
    session = _session(scheduler, wrapped)
    with futures.ThreadPoolExecutor(2) as pool:
        answer = pool.submit(session.run, _x(4), ["y:0"])
        assert started.wait(SECONDS)
        closing = pool.submit(session.close)
        gate.set()
        closing.result(SECONDS)
        assert answer.result(SECONDS)[0].tolist() == [8]
    assert wrapped.is_closed


def test_a_closed_session_is_freed_while_the_threads_go_on(scheduler):
    session = _session(scheduler, Doubling())
    session.run(_x(4), ["y:0"])
    session.close()
    reference = weakref.ref(session)
    del session
    deadline = time.monotonic() + SECONDS
    # Not by the collector of cycles, which may be long in coming.
    while reference() is not None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert reference() is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_batch_size": 16},
        {"max_batch_size": 16, "batch_timeout_micros": 500, "allowed_batch_sizes": (4, 16)},
        {
            "max_batch_size": 9,
            "enable_large_batch_splitting": True,
            "max_execution_batch_size": 4,
        },
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, object])
def test_every_one_of_many_callers_gets_exactly_its_own_rows(scheduler, parameters, dtype):
    rng = random.Random(5)
    session = _session(scheduler, Doubling(), max_enqueued_batches=1000, **parameters)
    calls = []
    for index in range(200):
        numbers = [10 * index + row for row in range(rng.randint(0, 9))]
        values = [b"%d " % number for number in numbers] if dtype is object else numbers
        feeds = {"x:0": np.array(values, dtype).reshape(len(values), 1)}
        calls.append((feeds, rng.choice([["y:0"], ["z:0", "y:0"]]), rng.choice([None, 30.0])))
    answers = _run_together(session, calls)
    for (feeds, fetches, _), answer in zip(calls, answers, strict=True):
        for name, array in zip(fetches, answer, strict=True):
            expected = feeds["x:0"] * {"y:0": 2, "z:0": 3}[name]
            np.testing.assert_array_equal(array, expected, strict=True)
