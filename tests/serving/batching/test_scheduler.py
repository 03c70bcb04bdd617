"""Tests of serving/batching/scheduler.py."""

import contextlib
import threading

import pytest

from serving import errors
from serving.batching.batched_call import BatchedCall
from serving.batching.parameters import BatchingParameters
from serving.batching.queue import BatchQueue
from serving.batching.scheduler import Scheduler

NEVER = 10**12
SECONDS = 20


class Recorder:
    """Processes batches by writing them down, as soon as the gate is open."""

    def __init__(self):
        self.batches = []
        self.gate = threading.Event()
        self.started = threading.Semaphore(0)

    def queue(self, name, **parameters):
        def process(pieces):
            self.started.release()
            assert self.gate.wait(SECONDS)
            self.batches.append((name, [piece.size for piece in pieces]))
            for piece in pieces:
                piece.call.finish(piece.start, [])

        return BatchQueue(BatchingParameters(**parameters), process)

    def wait_for_start(self):
        assert self.started.acquire(timeout=SECONDS)


@contextlib.contextmanager
def _scheduler(num_threads):
    scheduler = Scheduler(num_threads, "test")
    yield scheduler
    scheduler.close()


def _call(size=1):
    return BatchedCall({}, (), size, enqueued=0.0)


def _wait(call):
    """A deadline, so that a lost wake-up is a failure and not a test that never ends."""
    thread = threading.Thread(target=call.wait, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_a_batch_that_does_not_fill_runs_after_its_timeout():
    recorder = Recorder()
    recorder.gate.set()
    with _scheduler(2) as scheduler:
        call = _call()
        queue = recorder.queue("a", max_batch_size=3, batch_timeout_micros=1_000)
        scheduler.schedule(queue, call)
        _wait(call)
    assert recorder.batches == [("a", [1])]


def test_a_full_batch_does_not_wait_for_its_timeout():
    recorder = Recorder()
    recorder.gate.set()
    with _scheduler(1) as scheduler:
        calls = [_call(1), _call(2)]
        queue = recorder.queue("a", max_batch_size=3, batch_timeout_micros=NEVER)
        for call in calls:
            scheduler.schedule(queue, call)
        for call in calls:
            _wait(call)
    assert recorder.batches == [("a", [1, 2])]


def test_what_comes_while_all_threads_are_busy_is_one_batch():
    recorder = Recorder()
    with _scheduler(1) as scheduler:
        queue = recorder.queue("a", max_batch_size=9)
        scheduler.schedule(queue, _call())
        recorder.wait_for_start()
        for size in (2, 3):
            scheduler.schedule(queue, _call(size))
        recorder.gate.set()
    assert recorder.batches == [("a", [1]), ("a", [2, 3])]


def test_queues_take_turns():
    recorder = Recorder()
    with _scheduler(1) as scheduler:
        busy, quiet = (recorder.queue(name, max_batch_size=1) for name in ("busy", "quiet"))
        for queue in (busy, busy, busy, busy, quiet, quiet):
            scheduler.schedule(queue, _call())
        recorder.gate.set()
    order = [name for name, _ in recorder.batches]
    assert order in (
        ["busy", "quiet", "busy", "quiet", "busy", "busy"],
        # The thread had taken the first before the other queue had anything.
        ["busy", "busy", "quiet", "busy", "quiet", "busy"],
    )


def test_as_many_batches_run_together_as_there_are_threads():
    recorder = Recorder()
    with _scheduler(3) as scheduler:
        queue = recorder.queue("a", max_batch_size=1)
        for _ in range(4):
            scheduler.schedule(queue, _call())
        for _ in range(3):
            recorder.wait_for_start()
        assert not recorder.started.acquire(blocking=False)
        recorder.gate.set()
    assert len(recorder.batches) == 4


def test_a_long_timeout_does_not_hide_a_short_one():
    recorder = Recorder()
    recorder.gate.set()
    with _scheduler(2) as scheduler:
        patient = recorder.queue("patient", max_batch_size=3, batch_timeout_micros=NEVER)
        hasty = recorder.queue("hasty", max_batch_size=3, batch_timeout_micros=1_000)
        scheduler.schedule(patient, _call())
        call = _call()
        scheduler.schedule(hasty, call)
        _wait(call)
        assert recorder.batches == [("hasty", [1])]


@pytest.mark.parametrize("num_threads", [2, 4])
def test_a_batch_is_not_forgotten_when_its_watcher_gets_other_work(num_threads):
    blocked, free = Recorder(), Recorder()
    free.gate.set()
    with _scheduler(num_threads) as scheduler:
        waiting = free.queue("waiting", max_batch_size=3, batch_timeout_micros=20_000)
        full = blocked.queue("full", max_batch_size=1)
        call = _call()
        scheduler.schedule(waiting, call)
        for _ in range(num_threads - 1):
            scheduler.schedule(full, _call())
        for _ in range(num_threads - 1):
            blocked.wait_for_start()
        _wait(call)
        blocked.gate.set()


def test_finishing_a_queue_runs_what_waits_and_no_more():
    recorder = Recorder()
    recorder.gate.set()
    with _scheduler(1) as scheduler:
        queue = recorder.queue("a", max_batch_size=9, batch_timeout_micros=NEVER)
        other = recorder.queue("b", max_batch_size=9, batch_timeout_micros=NEVER)
        scheduler.schedule(other, _call())
        scheduler.schedule(queue, _call(2))
        scheduler.finish(queue)
        assert recorder.batches == [("a", [2])]
        with pytest.raises(errors.ServingError, match="^UNAVAILABLE: .* is closed: "):
            scheduler.schedule(queue, _call())


def test_finishing_a_queue_waits_for_its_running_batch():
    recorder = Recorder()
    with _scheduler(1) as scheduler:
        queue = recorder.queue("a")
        scheduler.schedule(queue, _call())
        recorder.wait_for_start()
        thread = threading.Thread(target=scheduler.finish, args=[queue])
        thread.start()
        thread.join(0.01)
        assert thread.is_alive()
        recorder.gate.set()
        thread.join(SECONDS)
        assert recorder.batches == [("a", [1])]


def test_closing_runs_what_waits_and_ends_the_threads():
    recorder = Recorder()
    recorder.gate.set()
    before = threading.active_count()
    scheduler = Scheduler(3, "test")
    queue = recorder.queue("a", max_batch_size=9, batch_timeout_micros=NEVER)
    scheduler.schedule(queue, _call(2))
    scheduler.close()
    assert recorder.batches == [("a", [2])]
    assert threading.active_count() == before
    with pytest.raises(errors.ServingError, match="UNAVAILABLE"):
        scheduler.schedule(recorder.queue("b"), _call())
