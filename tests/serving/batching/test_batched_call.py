"""Tests of serving/batching/batched_call.py."""

import numpy as np
import pytest

from serving import errors
from serving.batching.batched_call import BatchedCall


def _call(size=5):
    return BatchedCall({"x:0": np.arange(size)}, ("y:0",), size, enqueued=1.0)


def test_pieces_feed_their_rows():
    first, second = _call().cut([2, 3])
    assert (first.feed("x:0").tolist(), second.feed("x:0").tolist()) == ([0, 1], [2, 3, 4])


def test_an_answer_in_one_piece_is_not_copied():
    call, answer = _call(), [np.zeros(5)]
    call.cut([5])
    call.finish(0, answer)
    assert call.wait() is answer


def test_pieces_are_put_together_in_order_whichever_comes_first():
    call = _call()
    call.cut([2, 3])
    call.finish(2, [np.array([2, 3, 4]), np.array([b"c", b"d", b"e"], object)])
    call.finish(0, [np.array([0, 1]), np.array([b"a", b"b"], object)])
    numbers, letters = call.wait()
    assert numbers.tolist() == [0, 1, 2, 3, 4]
    assert b"".join(letters) == b"abcde"


def test_one_failed_piece_fails_the_call():
    call = _call()
    call.cut([2, 3])
    call.finish(0, errors.ServingError("DEADLINE_EXCEEDED", "too late"))
    call.finish(2, [np.array([2, 3, 4])])
    with pytest.raises(errors.ServingError, match="^DEADLINE_EXCEEDED: too late$"):
        call.wait()


def test_a_defect_is_told_with_its_cause():
    call, defect = _call(), ZeroDivisionError("a bug")
    call.cut([5])
    call.finish(0, defect)
    with pytest.raises(RuntimeError, match=r"failed: ZeroDivisionError\('a bug'\)") as caught:
        call.wait()
    assert caught.value.__cause__ is defect


def test_without_a_timeout_there_is_no_deadline():
    assert _call().deadline == float("inf")
    assert BatchedCall({}, (), 1, enqueued=1.0, timeout=2.5).deadline == 3.5
