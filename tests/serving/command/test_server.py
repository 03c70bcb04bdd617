"""Tests of serving/command/server.py, serving/rpc and serving/client over real sockets."""

import dataclasses
import io
import json
import shutil
import socket
import threading
import time

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

from serving import client
from serving.command.server import Server, ServerConfig, Sources, StartError
from serving.execution import saved_model
from serving.repository.model_config import ServedModel
from serving.repository.repository import RepositoryConfig
from tests.serving import exports

FREE = ServerConfig(port=0, rest_api_port=0, repository=RepositoryConfig(poll_seconds=0.05))
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
    asked = client.Client(rest.split("/v1")[0])
    while time.monotonic() < deadline:
        states = {str(v.version): v.state for v in asked.status("texts")}
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
    steps, answers = 150_000, []

    def ask_rest():
        address = f"127.0.0.1:{server.rest_port}"
        with client.Client(address) as asked:
            answers.append(asked.predict("slow", {"steps": steps})["total"].item())

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
        client.Client(f"127.0.0.1:{server.rest_port}").status("slow")


def test_a_taken_port_names_the_flag_that_changes_it(models_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for field, flag in (("port", "--port"), ("rest_api_port", "--rest_api_port")):
            config = ServerConfig(**{"port": 0, "rest_api_port": 0, field: port})
            with pytest.raises(StartError, match=f"127.0.0.1:{port}.*port with {flag}."):
                Server(Sources(models_dir=models_dir), config).start()


def test_an_address_of_another_machine_names_the_flag_that_changes_it(models_dir):
    config = ServerConfig(host="192.0.2.1", port=0)
    with pytest.raises(
        StartError, match=r"192\.0\.2\.1:0: Cannot assign.*this machine with --host"
    ):
        Server(Sources(models_dir=models_dir), config).start()


def test_a_model_without_a_version_is_waited_for(exported, tmp_path, caplog):
    server = Server(Sources([ServedModel("late", tmp_path / "late")]), FREE)
    starting = threading.Thread(target=server.start)
    starting.start()
    (tmp_path / "late").mkdir()
    deadline = time.monotonic() + 20
    while "No versions of servable late found under base path" not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert server.rest_port == 0
    shutil.copytree(exported, tmp_path / "copied")
    (tmp_path / "copied").rename(tmp_path / "late" / "5")
    starting.join(20)
    assert client.Client(f"127.0.0.1:{server.rest_port}").status("late")[0].version == 5
    server.stop()


def test_a_token_guards_both_protocols_and_each_request_leaves_a_line(models_dir):
    log = io.StringIO()
    config = dataclasses.replace(FREE, token="0123456789abcdef", access_log=log)
    server = Server(Sources(models_dir=models_dir), config)
    server.start()
    url = f"http://127.0.0.1:{server.rest_port}/v1/models/texts:predict"
    bearer = "Bearer 0123456789abcdef"
    codes = [
        requests.post(url, json={"instances": ["a"]}, headers=headers, timeout=10).status_code
        for headers in ({}, {"Authorization": bearer})
    ]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as opened:
        predict = prediction_service_pb2_grpc.PredictionServiceStub(opened).Predict
        assert refusal(predict, predict_request(text=["a"]))[0] == "UNAUTHENTICATED"
        predict(predict_request(text=["a"]), metadata=[("authorization", bearer)], timeout=10)
    server.stop()
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert codes == [401, 200]
    assert [(line["protocol"], line["status"]) for line in lines] == [
        ("REST", 401),
        ("REST", 200),
        ("GRPC", "UNAUTHENTICATED"),
        ("GRPC", "OK"),
    ]


def test_a_folder_without_models_says_what_to_run(tmp_path):
    with pytest.raises(StartError, match=f"no model to serve in {tmp_path}.*maru run"):
        Server(Sources(models_dir=tmp_path), FREE).start()


def test_a_model_that_does_not_load_says_why(tmp_path):
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "1" / "saved_model.pb").write_bytes(b"broken")
    with pytest.raises(
        StartError, match=r"1 servable\(s\) did not become available: \{\{\{name: m"
    ):
        Server(Sources(models_dir=tmp_path), FREE).start()
