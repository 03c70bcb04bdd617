"""Batching on running servers, seen by their clients: sizes, limits, refusals, fairness.

Sources: TensorFlow Serving, `batching/batching_session.cc`, and TensorFlow,
`core/kernels/batching_util/shared_batch_scheduler.h`.
"""

import collections
import threading
from concurrent import futures

import numpy as np
import pytest

from serving.batching.parameters import BatchingParameters
from serving.command.server import Sources
from serving.repository.model_config import ServedModel
from serving.rest.app import RestConfig
from tests.serving import served_models, version1_exports
from tests.serving.served_models import refusal, request_for

TENSORS = "/v1/models/tensors:predict"
# Counting so far takes some tenths of a second.
LONG = 60_000
FULL = (
    "The batch scheduling queue to which this task was submitted is full; "
    "currently 2 batches enqueued and max_enqueued_batches is 2"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "half").mkdir()
    served_models.export_tensors(folder / "tensors" / "1")
    served_models.export_tensors(folder / "others" / "1")
    version1_exports.export(folder / "half" / "1")
    return folder


def sources(folder):
    return Sources([ServedModel(name, folder / name) for name in ("tensors", "others", "half")])


@pytest.fixture(scope="module")
def served(folder):
    """Batches of up to 4 rows, run at once, one at a time, and two of them may wait."""
    parameters = BatchingParameters(
        max_batch_size=4,
        batch_timeout_micros=0,
        max_enqueued_batches=2,
        num_batch_threads=1,
        allowed_batch_sizes=(1, 4),
    )
    rest = RestConfig(timeout=0.2)
    with served_models.serve(sources(folder), batching=parameters, rest=rest) as running:
        yield running


@pytest.fixture
def patient(folder):
    """Make a server whose batches of two rows wait for their second row."""
    running = []

    def make(**changes):
        parameters = {"max_batch_size": 2, "batch_timeout_micros": 10_000_000, **changes}
        context = served_models.serve(sources(folder), batching=BatchingParameters(**parameters))
        running.append(context)
        return context.__enter__()

    yield make
    for context in running:
        context.__exit__(None, None, None)


def at_once(*calls):
    """The outcomes of calls that begin together, in the order of the calls."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait()
        return call()

    with futures.ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def ask(served, signature, instances, model="tensors"):
    request = request_for(model, signature, x=np.array(instances, "float32"))
    [(_, tensor)] = served.prediction.Predict(request, timeout=20).outputs.items()
    return list(tensor.float_val or tensor.int_val)


def refused(served, signature, instances):
    request = request_for("tensors", signature, x=np.array(instances, "float32"))
    return refusal(served.prediction.Predict, request)


def busy(served, steps, rows=1, timeout=20):
    request = request_for("tensors", "busy", steps=np.full(rows, steps, "int32"))
    return list(served.prediction.Predict(request, timeout=timeout).outputs["steps"].int_val)


def test_a_batch_has_an_allowed_size_and_answers_as_many_rows_as_were_asked(served):
    assert ask(served, "size", [5.0]) == [1]
    assert ask(served, "size", [5.0, 6.0]) == [4, 4]
    assert ask(served, "", [5.0, 6.0, 7.0]) == [5.0, 6.0, 7.0]
    assert served.post(TENSORS, {"instances": [1, 2, 3]}) == (200, {"predictions": [1.0, 2.0, 3.0]})


def test_examples_travel_in_batches_too(served):
    body = {"signature_name": "regress", "examples": [{"x": 1.0}, {"x": 2.0}]}
    assert served.post("/v1/models/half:regress", body) == (200, {"results": [2.5, 3.0]})


@pytest.mark.parametrize(
    ("signature", "body", "text"),
    [
        (
            "serving_default",
            {"inputs": [0] * 5},
            "Task size 5 is larger than maximum input batch size 4",
        ),
        (
            "serving_default",
            {"inputs": 1},
            "Batching Run() input tensors must have at least one dimension",
        ),
        (
            "pair",
            {"inputs": {"a": [1, 2], "b": [1, 2, 3]}},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        ("scalar", {"inputs": [1, 2]}, "Batched output tensor has 0 dimensions"),
        (
            "uneven",
            {"inputs": [1, 2, 3]},
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors",
        ),
    ],
)
def test_requests_that_cannot_be_batched_are_refused(served, signature, body, text):
    body = {"signature_name": signature, **body}
    assert served.post(TENSORS, body) == (400, {"error": text})


def test_a_wrong_type_fails_alone(served):
    request = request_for("tensors", x=[True])
    assert refusal(served.prediction.Predict, request) == (
        "INVALID_ARGUMENT",
        "Expects arg[0] to be float but bool is provided",
    )


def test_a_full_queue_refuses_and_recovers(served):
    def outcome():
        try:
            return busy(served, LONG, rows=4)
        except Exception as error:
            return error.code().name, error.details()

    outcomes = at_once(*[outcome] * 8)
    counts = collections.Counter(map(str, outcomes))
    assert counts.keys() == {str([LONG] * 4), str(("UNAVAILABLE", FULL))}
    # One runs and two wait; another could come in only after the first was answered.
    assert counts[str([LONG] * 4)] >= 3
    assert ask(served, "", [1.0]) == [1.0]


def test_over_rest_a_full_queue_is_503(served):
    body = {"signature_name": "busy", "inputs": {"steps": [LONG] * 4}}
    # One runs and two wait; others could come in only after one of them had ended.
    outcomes = at_once(*[lambda: served.post(TENSORS, body)] * 8)
    assert (503, {"error": FULL}) in outcomes
    assert {status for status, _ in outcomes} <= {200, 429, 503, 504}
    assert served.post(TENSORS, {"instances": [1]})[0] == 200


def test_who_waits_too_long_in_the_queue_is_told_so(served):
    runs = threading.Thread(target=busy, args=(served, 6 * LONG))
    runs.start()
    status, answer = 200, {}
    # Until the only thread has begun to count.
    while status == 200 and runs.is_alive():
        status, answer = served.post(TENSORS, {"instances": [1]})
    runs.join()
    text = "Run() timeout exceeded while waiting in batching queue"
    assert (status, answer) == (429, {"error": text})
    assert served.post(TENSORS, {"instances": [1]})[0] == 200


def test_two_callers_share_a_batch_and_keep_their_rows(patient):
    served = patient()
    sizes = at_once(lambda: ask(served, "size", [1.0]), lambda: ask(served, "size", [2.0]))
    assert sizes == [[2], [2]]
    rows = at_once(lambda: ask(served, "", [3.0]), lambda: ask(served, "", [4.0]))
    assert rows == [[3.0], [4.0]]


def test_shapes_that_differ_are_an_error_of_both_unless_lengths_are_padded(patient):
    short, long = [[1.0, 2.0]], [[3.0, 4.0, 5.0]]
    text = (
        "Tensors with name 'any:0' from different tasks have different shapes and padding is "
        "turned off. Set pad_variable_length_inputs to true, or ensure that all tensors with the "
        "same name have equal dimensions starting with the first dim."
    )
    strict = patient()
    errors = at_once(lambda: refused(strict, "", short), lambda: refused(strict, "", long))
    assert errors == [("FAILED_PRECONDITION", text)] * 2
    padding = patient(pad_variable_length_inputs=True)
    rows = at_once(lambda: ask(padding, "", short), lambda: ask(padding, "", long))
    assert rows == [[1.0, 2.0, 1.0], [3.0, 4.0, 5.0]]


def test_large_requests_are_split_where_that_is_enabled(patient):
    served = patient(
        max_batch_size=8,
        batch_timeout_micros=0,
        enable_large_batch_splitting=True,
        max_execution_batch_size=3,
        max_enqueued_batches=2,
    )
    assert ask(served, "size", [0.0] * 5) == [3, 3, 3, 2, 2]
    assert refused(served, "size", [0.0] * 8) == (
        "UNAVAILABLE",
        "The batch scheduling queue to which this task was submitted is full; task size is 8 but "
        "scheduling capacity is only 6 (num_enqueued_batches=1, max_enqueued_batches=2, "
        "open_batch_size=0, max_execution_batch_size=3)",
    )


def test_a_busy_model_leaves_another_its_turn(folder):
    parameters = BatchingParameters(max_batch_size=1, num_batch_threads=1, max_enqueued_batches=99)
    order = []
    with served_models.serve(sources(folder), batching=parameters) as served:

        def ask_busy():
            busy(served, LONG // 4)
            order.append("busy")

        def ask_other():
            ask(served, "", [1.0], model="others")
            order.append("other")

        threads = [threading.Thread(target=ask_busy) for _ in range(12)]
        threads.append(threading.Thread(target=ask_other))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert order.index("other") < 8
