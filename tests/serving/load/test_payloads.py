"""Tests of what the load generator sends: examples, payloads, the limit, the started server."""

import os
import socket
import sys
import time

import numpy as np
import orjson
import pytest

from serving.batching.parameters import BatchingParameters
from serving.export import reference
from serving.load import bare, child, examples, payloads, processes, server
from serving.load.examples import Examples
from serving.model import TensorSpec

TEXTS = np.array([b"one", "zwölf".encode(), b"\xff"], object)
ONE_OUTPUT = Examples({"x": np.array([0.1, 2], np.float32)}, {"y": np.array([0.2, 4], np.float32)})
TWO_OUTPUTS = Examples(
    {"text": TEXTS[:2]},
    {
        "label": np.array([b"a", b"b"], object),
        "scores": np.array([[0.25, 0.75], [0.5, 0.5]], np.float32),
    },
)


def test_rest_bodies_are_what_tensorflow_serving_reads():
    inputs = {"text": TEXTS, "image_bytes": np.array([b"p", b"q", b"r"], object)}
    bodies = payloads.rest(Examples(inputs, {}, "embed")).bodies
    assert orjson.loads(bodies[1]) == {
        "instances": [{"text": "zwölf", "image_bytes": {"b64": "cQ=="}}],
        "signature_name": "embed",
    }
    assert orjson.loads(bodies[2])["instances"][0]["text"] == {"b64": "/w=="}


def test_a_single_input_is_sent_by_itself_and_float32_in_its_own_digits():
    assert payloads.rest(ONE_OUTPUT).bodies == [b'{"instances":[0.1]}', b'{"instances":[2.0]}']


def test_rest_answers_are_compared_with_what_is_expected():
    check = payloads.rest(TWO_OUTPUTS).check
    right = {"label": "b", "scores": [0.5001, 0.4999]}
    assert check(1, orjson.dumps({"predictions": [right]})) == ""
    wrong_label = check(1, orjson.dumps({"predictions": [right | {"label": "a"}]}))
    assert wrong_label == "label: expected b'b', received a"
    assert "scores: expected [0.5, 0.5], received [0.4" in check(
        1, orjson.dumps({"predictions": [right | {"scores": [0.4, 0.6]}]})
    )
    assert "expected the outputs ['label', 'scores'], received ['label']" in check(
        1, orjson.dumps({"predictions": [{"label": "b"}]})
    )
    assert "shape" in check(1, orjson.dumps({"predictions": [right | {"scores": [1.0]}]}))


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"predictions": []}', b'{"error": "no"}'])
def test_an_answer_that_cannot_be_read_is_wrong(answer):
    assert "cannot read" in payloads.rest(ONE_OUTPUT).check(0, answer)


def test_a_signature_with_one_output_answers_without_its_name():
    check = payloads.rest(ONE_OUTPUT).check
    assert check(0, b'{"predictions": [0.2]}') == ""
    assert check(0, b'{"predictions": [4.0]}') != ""


def test_without_expected_outputs_nothing_is_compared():
    assert payloads.rest(Examples(ONE_OUTPUT.inputs, {})).check is None


def test_grpc_bodies_and_answers_are_tensorflow_servings_messages():
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    asked = payloads.grpc(TWO_OUTPUTS, "m")
    request = predict_pb2.PredictRequest.FromString(asked.bodies[1])
    assert request.model_spec.name == "m"
    assert tf.make_ndarray(request.inputs["text"]).tolist() == ["zwölf".encode()]
    response = predict_pb2.PredictResponse()
    response.outputs["label"].CopyFrom(tf.make_tensor_proto([b"b"]))
    response.outputs["scores"].CopyFrom(tf.make_tensor_proto([[0.5, 0.5]]))
    assert asked.check(1, response.SerializeToString()) == ""
    assert "label" in asked.check(0, response.SerializeToString())
    assert "cannot read" in asked.check(0, b"\xff")


PAIR = Examples(
    {"first": TEXTS, "second": np.array([b"x", b"y", b"z"], object)},
    {
        "found": np.array([[b"a", b"b"], [b"c", b""], [b"", b""]], object),
        "found_length": np.array([2, 1, 0], np.int32),
    },
)


def test_columns_bring_every_input_by_its_name():
    bodies = payloads.rest_columns(PAIR).bodies
    assert orjson.loads(bodies[1]) == {"inputs": {"first": ["zwölf"], "second": ["y"]}}
    assert payloads.rest_columns(ONE_OUTPUT).bodies[0] == b'{"inputs":{"x":[0.1]}}'


def test_answers_by_columns_are_compared_and_of_one_output_come_without_its_name():
    check = payloads.rest_columns(TWO_OUTPUTS).check
    right = {"label": ["b"], "scores": [[0.5, 0.5]]}
    assert check(1, orjson.dumps({"outputs": right})) == ""
    assert "label" in check(0, orjson.dumps({"outputs": right}))
    assert payloads.rest_columns(ONE_OUTPUT).check(1, b'{"outputs": [4.0]}') == ""


@pytest.mark.parametrize("width", [1, 2, 5])
def test_how_far_a_ragged_answer_is_filled_up_does_not_matter(width):
    check = payloads.rest(PAIR).check
    answer = {"found": ["c", *[""] * (width - 1)], "found_length": 1}
    assert check(1, orjson.dumps({"predictions": [answer]})) == ""
    assert "found: expected the shape (2,), received (1,)" in check(
        0, orjson.dumps({"predictions": [answer]})
    )


def test_both_forms_are_sent_in_turn_and_each_is_compared():
    both = payloads.in_turn(payloads.rest(ONE_OUTPUT), payloads.rest_columns(ONE_OUTPUT))
    assert [next(iter(orjson.loads(body))) for body in both.bodies] == ["instances", "inputs"] * 2
    assert both.check(2, b'{"predictions": [4.0]}') == both.check(3, b'{"outputs": [4.0]}') == ""
    assert "cannot read" in both.check(2, b'{"outputs": [4.0]}')
    unknown = payloads.rest(Examples(ONE_OUTPUT.inputs, {}))
    assert payloads.in_turn(unknown, unknown).check is None


def test_rows_begin_again_after_the_last():
    asked = Examples({"x": np.array([1, 2, 3])}, {})
    assert asked.rows(2, 7)["x"].tolist() == [3, 1, 2, 3, 1]


def test_a_runs_reference_gives_inputs_and_outputs(tmp_path):
    kept = {"serving_default": {"inputs": {"text": TEXTS}, "outputs": {"label": TEXTS}}}
    reference.save(tmp_path / "reference.npz", kept)
    found = examples.from_reference(tmp_path / "reference.npz")
    assert found.inputs["text"].tolist() == found.outputs["label"].tolist() == TEXTS.tolist()
    with pytest.raises(
        ValueError, match=r"no signature 'embed'. Signatures: \['serving_default'\]"
    ):
        examples.from_reference(tmp_path / "reference.npz", "embed")


def test_examples_are_made_up_from_types_and_shapes():
    inputs = {
        "text": TensorSpec("string", (-1,)),
        "x": TensorSpec("float", (-1, 3, -1)),
        "is_new": TensorSpec("bool", (-1, 2)),
    }
    made = examples.synthetic(inputs, 5, np.random.default_rng(0))
    assert made.num_rows == 5
    assert made.inputs["x"].shape == (5, 3, 16)
    assert made.inputs["x"].dtype == np.float32
    assert made.inputs["is_new"].dtype == bool
    assert all(3 <= len(text.split()) <= 30 for text in made.inputs["text"])
    again = examples.synthetic(inputs, 5, np.random.default_rng(0))
    assert again.inputs["text"].tolist() == made.inputs["text"].tolist()


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("image_bytes", TensorSpec("string", (-1,)), "content cannot be made up"),
        ("steps", TensorSpec("int32", ()), "no axis of rows"),
        ("x", TensorSpec("float"), "no axis of rows"),
    ],
)
def test_what_cannot_be_made_up_is_refused(name, spec, message):
    with pytest.raises(ValueError, match=f"'{name}'.*{message}"):
        examples.synthetic({name: spec}, 2, np.random.default_rng(0))


def test_the_bare_model_is_called_in_a_process_of_its_own(exported):
    asked = Examples({"text": np.array([b"", b"many more words"], object)}, {})
    result = bare.measure(bare.BareJob(exported, asked, (1, 4), (1,), seconds=0.05))
    assert result.examples.outputs["label"].tolist() == ["짧다".encode(), b"long"]
    assert [(rate.batch_size, rate.callers) for rate in result.rates] == [(1, 1), (4, 1)]
    assert result.limit(4) > 0 < result.call_ms()
    assert not result.is_synthetic


def test_ragged_answers_of_the_bare_model_stand_below_each_other(exported_pairs):
    texts = np.array([b"a b c", b"d"], object)
    asked = Examples({"first": texts, "second": texts}, {})
    found = bare.measure(bare.BareJob(exported_pairs, asked, (1,), (1,), seconds=0.05)).examples
    assert found.outputs["words"].tolist() == [[b"a", b"b", b"c"], [b"d", b"", b""]]
    assert found.outputs["words_length"].tolist() == [3, 1]


def test_a_model_that_does_not_load_is_told(tmp_path):
    with pytest.raises(child.ChildError, match="SavedModel"):
        bare.measure(bare.BareJob(tmp_path, None, (1,)))


def test_a_process_that_the_system_killed_is_told(tmp_path, monkeypatch):
    (tmp_path / "killed.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(child.ChildError, match="`killed` was ended by SIGKILL.*no memory left"):
        child.call("killed", None)


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path):
    command = [sys.executable, "-c", "print('no such flag'); raise SystemExit(3)"]
    ports = server.free_ports(1)
    with (
        pytest.raises(server.StartError, match=r"ended with 3.*\n.*no such flag"),
        server.running(command, tmp_path / "log", ports),
    ):
        pass


def test_a_server_runs_until_the_context_closes(tmp_path):
    (port,) = server.free_ports(1)
    code = f"import socket, time; socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    code = code.replace("socket.create", "s = socket.create")
    with server.running([sys.executable, "-c", code], tmp_path / "log", [port]) as pid:
        assert pid > 0
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port))


LEAVES_A_CHILD = """
import os, signal, socket, sys, time
port = int(sys.argv[1])
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
listener = socket.create_server(("127.0.0.1", port))
time.sleep(60)
"""


def test_children_of_a_server_do_not_outlive_it(tmp_path):
    (port,) = server.free_ports(1)
    command = [sys.executable, "-c", LEAVES_A_CHILD, str(port)]
    with server.running(command, tmp_path / "log", [port]) as pid:
        (child_pid,) = set(processes.family(pid)) - {pid}
    with pytest.raises(ProcessLookupError):
        for _ in range(100):  # Whoever inherits it needs a moment to take notice of its end.
            os.kill(child_pid, 0)
            time.sleep(0.05)


def test_the_batching_file_has_what_a_measurement_varies():
    parameters = BatchingParameters(
        max_batch_size=16, batch_timeout_micros=5, num_batch_threads=2, max_enqueued_batches=7
    )
    assert server.to_text(parameters).splitlines() == [
        "max_batch_size { value: 16 }",
        "batch_timeout_micros { value: 5 }",
        "num_batch_threads { value: 2 }",
        "max_enqueued_batches { value: 7 }",
    ]
