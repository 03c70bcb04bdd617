"""Tests of serving/server.py, grpc_service.py and client.py over real sockets."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import exports
import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving import client, saved_model
from serving.repository import Sources
from serving.server import Server, ServerConfig, StartError

FREE = ServerConfig(port=0, rest_api_port=0, poll_seconds=0.05, drain_seconds=5)
TEXTS = ["", "긴 문장" * 9, "eight ch"]


@pytest.fixture(scope="module")
def models_dir(exported, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(exported, folder / "texts" / "1")
    return folder


@pytest.fixture(scope="module")
def server(models_dir):
    running = Server(Sources(models_dir=models_dir), FREE)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def rest(server):
    return f"http://127.0.0.1:{server.rest_port}/v1/models/texts"


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as opened:
        yield opened


@pytest.fixture(scope="module")
def prediction(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(name="texts", signature="", **inputs):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=10)
    return caught.value.code().name, caught.value.details()


def test_rest_grpc_and_a_direct_call_agree(rest, prediction, exported):
    direct = saved_model.SavedModelPredictor(exported).predict(
        "", {"text": np.array([text.encode() for text in TEXTS], object)}
    )
    answer = requests.post(rest + ":predict", json={"instances": TEXTS}, timeout=10).json()
    response = prediction.Predict(predict_request(text=TEXTS), timeout=10)
    assert response.model_spec.signature_name == "serving_default"
    assert response.model_spec.version.value == 1
    for index, row in enumerate(answer["predictions"]):
        assert row["label"].encode() == direct["label"][index]
        # Written in as many digits as it takes to read the same float32 back.
        assert np.float32(row["probability"]) == direct["probability"][index]
    for name, array in direct.items():
        np.testing.assert_array_equal(tf.make_ndarray(response.outputs[name]), array)
    assert response.outputs["probability"].float_val
    assert not response.outputs["probability"].tensor_content


def test_status_and_metadata_agree_between_protocols(rest, channel, prediction):
    status = requests.get(rest, timeout=10).json()["model_version_status"]
    assert [(version["version"], version["state"]) for version in status] == [("1", "AVAILABLE")]
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "texts"
    answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request, timeout=10)
    assert [(v.version, v.state) for v in answer.model_version_status] == [(1, 30)]

    described = requests.get(rest + "/metadata", timeout=10).json()
    assert described["model_spec"] == {"name": "texts", "signature_name": "", "version": "1"}
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "texts"
    metadata = prediction.GetModelMetadata(request, timeout=10).metadata["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    metadata.Unpack(signatures)
    assert described["metadata"]["signature_def"]["signature_def"].keys() == set(
        signatures.signature_def
    )


def test_grpc_refusals_have_the_words_of_tensorflow_serving(channel, prediction):
    nameless = predict_pb2.PredictRequest()
    assert refusal(prediction.Predict, nameless) == ("INVALID_ARGUMENT", "Missing ModelSpec")
    nameless.model_spec.signature_name = "s"
    assert refusal(prediction.Predict, nameless) == (
        "INVALID_ARGUMENT",
        "ModelSpec has no name specified.",
    )
    assert refusal(prediction.Predict, predict_request("no")) == (
        "NOT_FOUND",
        "Servable not found for request: Latest(no)",
    )
    labelled = predict_request(text=TEXTS)
    labelled.model_spec.version_label = "best"
    assert refusal(prediction.Predict, labelled) == (
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: best",
    )
    assert refusal(prediction.Predict, predict_request(signature="s", text=TEXTS)) == (
        "FAILED_PRECONDITION",
        'Serving signature key "s" not found.',
    )
    broken = predict_request(text=TEXTS)
    broken.inputs["text"].tensor_shape.dim[0].size = 7
    del broken.inputs["text"].string_val[:]
    broken.inputs["text"].dtype = 0
    assert refusal(prediction.Predict, broken) == (
        "INVALID_ARGUMENT",
        "tensor parsing error: text",
    )
    metadata = get_model_metadata_pb2.GetModelMetadataRequest()
    metadata.model_spec.name = "texts"
    assert refusal(prediction.GetModelMetadata, metadata) == (
        "INVALID_ARGUMENT",
        "GetModelMetadataRequest must specify at least one metadata_field",
    )
    metadata.metadata_field.append("weights")
    assert refusal(prediction.GetModelMetadata, metadata) == (
        "INVALID_ARGUMENT",
        "Metadata field weights is not supported",
    )
    status = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus
    assert refusal(status, get_model_status_pb2.GetModelStatusRequest()) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )


def test_messages_larger_than_four_megabytes_are_answered(prediction):
    request = predict_request(text=["x" * 6_000_000])
    assert prediction.Predict(request, timeout=30).outputs["label"].string_val == [b"long"]


def test_small_requests_do_not_wait_for_delayed_packets(rest):
    session = requests.Session()
    started = time.monotonic()
    for _ in range(25):
        session.post(rest + ":predict", json={"instances": ["a"]}, timeout=10)
    # Nagle's algorithm would make it 25 times 40 ms.
    assert time.monotonic() - started < 0.8


def test_the_client_asks_without_tensorflow(server):
    address = f"127.0.0.1:{server.rest_port}"
    assert client.status(address, "texts")[0]["state"] == "AVAILABLE"
    answer = client.predict(address, "texts", {"text": ["", b"\xff" * 50]})
    assert answer["label"] == [exports.LABELS[0], "long"]
    embedding = client.predict(address, "texts", {"text": ["abc"]}, "embed")
    assert np.shape(embedding) == (1, 2)
    with pytest.raises(client.ClientError, match=r"Latest\(no\)") as caught:
        client.predict(address, "no", {"text": []})
    assert caught.value.status == 404


def test_versions_are_swapped_under_load_without_a_dropped_request(
    exported, tmp_path, models_dir, server, rest
):
    stop, answers = threading.Event(), []

    def ask():
        session = requests.Session()
        while not stop.is_set():
            answers.append(session.post(rest + ":predict", json={"instances": ["a"]}, timeout=10))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Elsewhere first and then renamed, as a pusher does.
    exports.export_text_model(tmp_path / "2", shift=-3.0).rename(models_dir / "texts" / "2")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        states = {v["version"]: v["state"] for v in client.status(rest.split("/v1")[0], "texts")}
        if states == {"2": "AVAILABLE", "1": "END"}:
            break
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert states == {"2": "AVAILABLE", "1": "END"}
    assert {answer.status_code for answer in answers} == {200}


def test_running_requests_are_answered_before_the_server_stops(tmp_path):
    exports.export_slow_model(tmp_path / "slow" / "1")
    server = Server(Sources(models_dir=tmp_path), FREE)
    server.start()
    steps, answers = 300_000, []

    def ask_rest():
        address = f"127.0.0.1:{server.rest_port}"
        answers.append(client.predict(address, "slow", {"steps": steps}))

    def ask_grpc():
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            response = stub.Predict(predict_request("slow", steps=np.int32(steps)), timeout=30)
            answers.append(response.outputs["total"].int_val[0])

    threads = [threading.Thread(target=ask) for ask in (ask_rest, ask_grpc)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    assert not answers
    server.stop()
    for thread in threads:
        thread.join()
    assert answers == [steps, steps]
    with pytest.raises(client.ClientError, match="No server answers"):
        client.status(f"127.0.0.1:{server.rest_port}", "slow")


def test_a_taken_port_names_the_flag_that_changes_it(models_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for field, flag in (("port", "--port"), ("rest_api_port", "--rest_api_port")):
            config = ServerConfig(**{"port": 0, "rest_api_port": 0, field: port})
            with pytest.raises(StartError, match=f"127.0.0.1:{port}.*port with {flag}, or"):
                Server(Sources(models_dir=models_dir), config).start()


def test_a_folder_without_models_says_what_to_run(tmp_path):
    with pytest.raises(StartError, match=f"no model to serve in {tmp_path}.*maru run"):
        Server(Sources(models_dir=tmp_path), FREE).start()


def test_a_model_that_does_not_load_says_why(tmp_path):
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "saved_model.pb").write_bytes(b"broken")
    with pytest.raises(StartError, match=r"1 servable\(s\) did not become available: \{\{name: m"):
        Server(Sources(models_dir=tmp_path), FREE).start()


def test_the_command_drains_on_sigterm_and_exits_zero(exported):
    command = [sys.executable, "-m", "serving", "--port=0", "--rest_api_port=0", "--model_name=m"]
    command += [f"--model_base_path={exported.parent}", "--enable_batching"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    lines = []
    for line in process.stderr:
        lines.append(line)
        exporting = re.search(r"Exporting HTTP/REST API at:localhost:(\d+) \.\.\.", line)
        if exporting:
            break
    assert re.search(r"Running gRPC ModelServer at 127\.0\.0\.1:\d+ \.\.\.", "".join(lines))
    assert "unknown argument: --enable_batching" in "".join(lines)
    url = f"http://127.0.0.1:{exporting[1]}/v1/models/m:predict"
    answer = requests.post(url, data=json.dumps({"inputs": ["a"]}), timeout=10)
    assert answer.status_code == 200
    process.send_signal(signal.SIGTERM)
    _, rest_of_log = process.communicate(timeout=20)
    assert (process.returncode, "Stopped." in rest_of_log) == (0, True)
