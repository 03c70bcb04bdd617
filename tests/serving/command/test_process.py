"""Tests of `python -m serving` as a process: its manners, and one run with every kind of file."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import grpc
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

COMMAND = [sys.executable, "-m", "serving"]
MODELS = """
model_config_list {{
  config {{
    name: "{name}"
    base_path: "{base_path}"
    model_platform: "tensorflow"
    model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
    version_labels {{ key: "stable" value: 1 }}
  }}
}}
"""
BATCHING = """
max_batch_size { value: 8 }
batch_timeout_micros { value: 1000 }
num_batch_threads { value: 2 }
allowed_batch_sizes: 2
allowed_batch_sizes: 8
"""
MONITORING = 'prometheus_config { enable: true path: "/metrics" }'


def run(*arguments):
    """Run to the end, telling which modules were imported."""
    command = [sys.executable, "-X", "importtime", "-m", "serving", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_help_is_the_usage_and_does_not_wait_for_tensorflow():
    result = run("--port=1", "--help")
    assert result.returncode == 255
    assert result.stdout.startswith("usage: python -m serving\nFlags:\n\t--port=8500 ")
    assert "\t--rest_api_port=0 " in result.stdout
    assert "tensorflow" not in result.stderr


def test_a_bad_value_is_told_with_the_usage():
    result = run("--port=http", "--model_name=m")
    assert result.returncode == 255
    assert "Couldn't interpret value http for flag port." in result.stderr
    assert result.stdout.startswith("usage: ")
    assert "tensorflow" not in result.stderr


def test_version_names_the_contract_and_the_library():
    result = run("--version")
    assert result.returncode == 0
    assert re.fullmatch(
        r"TensorFlow ModelServer: \d+\.\S+\nTensorFlow Library: \d+\.\S+\n", result.stdout
    )


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


@pytest.fixture(scope="module")
def files(exported, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for version in ("1", "2"):
        shutil.copytree(exported, folder / "texts" / version)
    configured = MODELS.format(name="texts", base_path=folder / "texts")
    (folder / "models.config").write_text(configured)
    (folder / "batching.config").write_text(BATCHING)
    (folder / "monitoring.config").write_text(MONITORING)
    return folder


@pytest.fixture(scope="module")
def process(files):
    """A server with TensorFlow Serving's flags and files; its ports and its log."""
    running = Running(files)
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


class Running:
    """The process and what it has said."""

    def __init__(self, files):
        self.grpc_port, self.rest_port = free_port(), free_port()
        self.out, self.log = files / "out.txt", files / "log.txt"
        arguments = [
            f"--port={self.grpc_port}",
            f"--rest_api_port={self.rest_port}",
            f"--model_config_file={files / 'models.config'}",
            "--model_config_file_poll_wait_seconds=1",
            "--allow_version_labels_for_unavailable_models",
            "--enable_batching",
            f"--batching_parameters_file={files / 'batching.config'}",
            f"--monitoring_config_file={files / 'monitoring.config'}",
            f"--grpc_socket_path={files / 'socket'}",
            "--grpc_channel_arguments=grpc.max_connection_age_ms=200000",
            "--enable_grpc_healthcheck_service",
            "--flush_filesystem_caches=false",
            "--no_such_flag=1",
        ]
        with self.out.open("w") as out, self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments], stdout=out, stderr=log, env=os.environ
            )
        self.wait_for("Exporting HTTP/REST API at:localhost:")

    def wait_for(self, text):
        deadline = time.monotonic() + 60
        while text not in self.log.read_text():
            assert self.process.poll() is None, self.out.read_text() + self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def url(self, path):
        return f"http://127.0.0.1:{self.rest_port}{path}"

    def predict(self, target):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "texts"
        request.inputs["text"].CopyFrom(tf.make_tensor_proto(["a", "", "c"]))
        with grpc.insecure_channel(target) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            return stub.Predict(request, timeout=10)


def test_it_says_where_it_listens_and_goes_on_after_unknown_flags(process):
    log = process.log.read_text()
    assert f"Running gRPC ModelServer at 127.0.0.1:{process.grpc_port} ...\n" in log
    assert f"Exporting HTTP/REST API at:localhost:{process.rest_port} ...\n" in log
    assert "--flush_filesystem_caches=false has no effect here" in log
    out = process.out.read_text()
    assert "unknown argument: --no_such_flag=1\nusage: " in out


def test_both_protocols_answer_in_batches_of_an_allowed_size(process, files):
    response = requests.post(
        process.url("/v1/models/texts/labels/stable:predict"),
        json={"instances": ["a", "", "c"]},
        timeout=10,
    )
    labels = [row["label"] for row in response.json()["predictions"]]
    for target in (f"127.0.0.1:{process.grpc_port}", f"unix:{files / 'socket'}"):
        answer = process.predict(target)
        assert answer.model_spec.version.value == 2
        assert [label.decode() for label in answer.outputs["label"].string_val] == labels
    assert len(labels) == 3
    metrics = requests.get(process.url("/metrics"), timeout=10).text
    assert ':tensorflow:serving:request_count{model_name="texts",status="OK"}' in metrics


def test_a_changed_config_file_is_applied_and_a_wrong_one_is_not(process, files):
    config = files / "models.config"
    before = config.read_text()
    config.write_text("model_config_list {")
    process.wait_for(f"Failed to read ModelServerConfig file: Invalid protobuf file: '{config}'")
    assert "Error parsing text-format tensorflow.serving.ModelServerConfig: 1:" in (
        process.log.read_text()
    )
    assert requests.get(process.url("/v1/models/texts"), timeout=10).status_code == 200
    config.write_text(before.replace('"texts"', '"renamed"'))
    deadline = time.monotonic() + 20
    while requests.get(process.url("/v1/models/renamed"), timeout=10).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    response = requests.post(
        process.url("/v1/models/texts:predict"), json={"instances": ["a"]}, timeout=10
    )
    assert response.status_code == 404


def test_sigterm_drains_and_exits_with_zero(process):
    process.process.send_signal(signal.SIGTERM)
    assert process.process.wait(20) == 0
    assert "Stopped.\n" in process.log.read_text()
