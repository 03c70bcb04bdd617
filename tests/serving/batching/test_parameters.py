"""Tests of serving/batching/parameters.py."""

import os
import re

import pytest

from serving import errors, protos
from serving.batching.parameters import BatchingParameters, from_proto


def test_defaults_are_those_of_tensorflow_serving():
    parameters = from_proto(protos.BatchingParameters())
    assert parameters == BatchingParameters(
        max_batch_size=1000,
        batch_timeout_micros=0,
        max_enqueued_batches=10,
        num_batch_threads=len(os.sched_getaffinity(0)),
        thread_pool_name="batch_threads",
        enable_large_batch_splitting=False,
        max_execution_batch_size=None,
        allowed_batch_sizes=(),
        pad_variable_length_inputs=False,
    )


def test_every_field_of_the_message_is_read():
    message = protos.BatchingParameters(
        max_batch_size={"value": 16},
        batch_timeout_micros={"value": 3},
        max_enqueued_batches={"value": 4},
        num_batch_threads={"value": 5},
        thread_pool_name={"value": "pool"},
        enable_large_batch_splitting={"value": True},
        max_execution_batch_size={"value": 8},
        allowed_batch_sizes=[2, 16],
        pad_variable_length_inputs=True,
    )
    assert from_proto(message) == BatchingParameters(16, 3, 4, 5, "pool", True, 8, (2, 16), True)


def test_a_zero_in_the_message_is_not_a_default():
    message = protos.BatchingParameters(num_batch_threads={"value": 0})
    with pytest.raises(errors.ServingError, match="num_batch_threads must be positive; was 0"):
        from_proto(message)


def test_the_execution_batch_size_counts_only_where_requests_are_split():
    assert BatchingParameters(9, max_execution_batch_size=4).execution_batch_size == 9
    split = BatchingParameters(9, enable_large_batch_splitting=True, max_execution_batch_size=4)
    assert split.execution_batch_size == 4
    assert BatchingParameters(9, enable_large_batch_splitting=True).execution_batch_size == 9


def test_batches_are_rounded_up_to_the_next_allowed_size():
    parameters = BatchingParameters(8, allowed_batch_sizes=(1, 4, 8))
    assert [parameters.round_up(size) for size in (1, 2, 4, 5, 8)] == [1, 4, 4, 8, 8]
    assert BatchingParameters(8).round_up(5) == 5


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"max_batch_size": 16, "allowed_batch_sizes": (4, 8)},
            r"^Last entry in allowed_batch_sizes must match max_batch_size; "
            r"last entry was 8; expected 16$",
        ),
        (
            {"max_batch_size": 4, "allowed_batch_sizes": (2, 2, 4)},
            r"^allowed_batch_sizes entries must be monotonically increasing$",
        ),
        ({"max_batch_size": 0}, r"^input_batch_size_limit must be positive; was 0$"),
        ({"batch_timeout_micros": -1}, r"^batch_timeout_micros must be non-negative; was -1$"),
        ({"max_enqueued_batches": -1}, r"^max_enqueued_batches must be positive; was -1$"),
        (
            {"max_enqueued_batches": 0, "enable_large_batch_splitting": True},
            r"^max_enqueued_batches must be positive; was 0$",
        ),
        (
            {"enable_large_batch_splitting": True, "max_execution_batch_size": 0},
            r"^max_execution_batch_size must be positive; was 0$",
        ),
        (
            {
                "max_batch_size": 8,
                "enable_large_batch_splitting": True,
                "max_execution_batch_size": 9,
            },
            r"^When enable_large_batch_splitting is true, input_batch_size_limit must be "
            r"greater than or equal to max_execution_batch_size\.",
        ),
    ],
)
def test_contradictions_are_refused(values, text):
    with pytest.raises(errors.ServingError) as caught:
        BatchingParameters(**values)
    assert caught.value.code == "INVALID_ARGUMENT"
    assert re.search(text, caught.value.text)
