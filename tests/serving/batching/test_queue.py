"""Tests of serving/batching/queue.py."""

import math
import re

import pytest

from serving import errors
from serving.batching.batched_call import BatchedCall
from serving.batching.parameters import BatchingParameters
from serving.batching.queue import BatchQueue

NOW = 100.0


def _queue(**parameters):
    return BatchQueue(BatchingParameters(num_batch_threads=1, **parameters), process=None)


def _add(queue, *sizes):
    for size in sizes:
        queue.add(BatchedCall({}, (), size, NOW), NOW)


def _take_all(queue):
    """Sizes of the pieces of each batch."""
    batches = []
    while not queue.is_empty:
        batches.append([piece.size for piece in queue.take()])
    return batches


def test_tasks_fill_a_batch_in_the_order_they_come():
    queue = _queue(max_batch_size=5)
    _add(queue, 2, 1, 2, 4, 3)
    assert _take_all(queue) == [[2, 1, 2], [4], [3]]


def test_an_open_batch_is_due_after_its_timeout_since_the_first_call():
    queue = _queue(max_batch_size=5, batch_timeout_micros=2_000)
    assert queue.due() == math.inf
    queue.add(BatchedCall({}, (), 1, NOW), NOW)
    queue.add(BatchedCall({}, (), 1, NOW), NOW + 0.001)
    assert queue.due() == pytest.approx(NOW + 0.002)


def test_a_full_batch_is_due_at_once():
    queue = _queue(max_batch_size=5, batch_timeout_micros=10**9)
    _add(queue, 2, 3)
    assert queue.due() == -math.inf


def test_a_batch_that_the_next_task_did_not_fit_into_is_due_at_once():
    queue = _queue(max_batch_size=5, batch_timeout_micros=10**9)
    _add(queue, 2, 4)
    assert queue.due() == -math.inf
    queue.take()
    assert queue.due() == pytest.approx(NOW + 1000)


def test_what_is_left_in_a_closed_queue_is_due_at_once():
    queue = _queue(max_batch_size=5, batch_timeout_micros=10**9)
    _add(queue, 2)
    queue.is_closed = True
    assert queue.due() == -math.inf


def test_a_task_without_rows_is_a_batch_too():
    queue = _queue(max_batch_size=5)
    _add(queue, 0)
    assert not queue.is_empty
    assert queue.due() == NOW


def _refusal(queue, size):
    with pytest.raises(errors.ServingError) as caught:
        _add(queue, size)
    return caught.value.code, caught.value.text


def test_a_task_that_is_too_large_is_refused():
    text = "Task size 2000 is larger than maximum input batch size 1000"
    assert _refusal(_queue(), 2000) == ("INVALID_ARGUMENT", text)
    split = _queue(enable_large_batch_splitting=True, max_execution_batch_size=16)
    assert _refusal(split, 2000) == ("INVALID_ARGUMENT", text)


def test_a_full_queue_refuses_what_would_need_another_batch():
    queue = _queue(max_batch_size=4)
    _add(queue, *[3] * 10)
    assert _refusal(queue, 2) == (
        "UNAVAILABLE",
        "The batch scheduling queue to which this task was submitted is full; currently 10 "
        "batches enqueued and max_enqueued_batches is 10",
    )
    _add(queue, 1)
    queue.take()
    _add(queue, 2)


def test_no_enqueued_batches_means_one():
    queue = _queue(max_batch_size=4, max_enqueued_batches=0)
    _add(queue, 4)
    code, text = _refusal(queue, 1)
    assert code == "UNAVAILABLE"
    assert re.search("currently 1 batches enqueued and max_enqueued_batches is 1$", text)


def test_a_large_task_is_split_into_the_open_batch_and_new_ones():
    queue = _queue(max_batch_size=20, enable_large_batch_splitting=True, max_execution_batch_size=4)
    _add(queue, 3, 11, 1)
    assert _take_all(queue) == [[3, 1], [4], [4], [2, 1]]


def test_a_task_that_fits_is_not_split():
    queue = _queue(max_batch_size=20, enable_large_batch_splitting=True, max_execution_batch_size=4)
    _add(queue, 4, 4)
    assert _take_all(queue) == [[4], [4]]


def test_pieces_are_the_rows_of_their_task_in_order():
    queue = _queue(max_batch_size=9, enable_large_batch_splitting=True, max_execution_batch_size=4)
    _add(queue, 1, 8)
    pieces = [(piece.start, piece.stop) for _ in range(3) for piece in queue.take()]
    assert pieces == [(0, 1), (0, 3), (3, 7), (7, 8)]


def test_without_capacity_for_all_pieces_nothing_is_accepted():
    queue = _queue(
        max_batch_size=100,
        enable_large_batch_splitting=True,
        max_execution_batch_size=4,
        max_enqueued_batches=3,
    )
    _add(queue, 5)
    assert _refusal(queue, 8) == (
        "UNAVAILABLE",
        "The batch scheduling queue to which this task was submitted is full; task size is 8 but "
        "scheduling capacity is only 7 (num_enqueued_batches=2, max_enqueued_batches=3, "
        "open_batch_size=1, max_execution_batch_size=4)",
    )
    _add(queue, 7)
    assert _take_all(queue) == [[4], [1, 3], [4]]
