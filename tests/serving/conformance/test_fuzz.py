"""A running server and clients that send nonsense, half of something, too much, or leave."""

import gzip
import http.client
import json
import logging
import os
import random
import socket
import threading
import time
import urllib.parse
from concurrent import futures

import grpc
import numpy as np
import pytest

from serving.command.server import Sources
from serving.repository.model_config import ServedModel
from serving.rest.app import RestConfig
from serving.rpc.server import GrpcConfig
from tests.serving import hard_values, served_models, version1_exports
from tests.serving.served_models import request_for, wait_until

TENSORS = "/v1/models/tensors:predict"
PREDICT = "/tensorflow.serving.PredictionService/Predict"
VALID = b"""{"signature_name": "pair", "x": [null, true],
"instances": [{"a": [1.5, -2e3], "b": [3, "\\u00e9"]}, {}]}"""
BUSY = b'{"signature_name": "busy", "inputs": {"steps": [5000]}}'
# What a client's own mistakes may be called; all else would be a fault of the server.
BLAMES_THE_CLIENT = {200, 400, 404, 501}
CODES = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "UNIMPLEMENTED"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "half").mkdir()
    served_models.export_tensors(folder / "tensors" / "1")
    version1_exports.export(folder / "half" / "1")
    models = [ServedModel(name, folder / name) for name in ("tensors", "half")]
    rest = RestConfig(timeout=5.0, stall_seconds=0.5, num_threads=6)
    pools = {"rest": rest, "grpc": GrpcConfig(num_threads=6)}
    with served_models.serve(Sources(models), **pools) as running:
        # Threads start when they are first needed, and stay: have all of them from the start.
        busy = request_for("tensors", "busy", steps=np.array([5_000], "int32"))
        with futures.ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda _: running.prediction.Predict(busy, timeout=20), range(16)))
            list(threads.map(lambda _: post_once(running, BUSY), range(16)))
        yield running


@pytest.fixture(autouse=True)
def unharmed(served, caplog):
    """Afterwards the server answers as ever, holds nothing more and has logged no traceback."""
    assert served.post(TENSORS, {"inputs": 1.0}) == (200, {"outputs": 1.0})
    threads, files = threading.active_count(), open_files()
    yield
    assert served.post(TENSORS, {"inputs": 1.0}) == (200, {"outputs": 1.0})
    answer = served.prediction.Predict(request_for("tensors", x=1.0), timeout=20)
    assert list(answer.outputs["y"].float_val) == [1.0]
    wait_until(lambda: open_files() <= files, lambda: f"{files} files became {open_files()}")
    wait_until(lambda: threading.active_count() <= threads, lambda: str(threading.enumerate()))
    records = caplog.get_records("call")
    assert [r for r in records if r.exc_info or r.levelno >= logging.ERROR] == []


def open_files():
    return len(os.listdir("/proc/self/fd"))


def post_once(served, body, path=TENSORS, **headers):
    """Status and body, over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", served.rest_port, timeout=60)
    try:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def connect(served):
    return socket.create_connection(("127.0.0.1", served.rest_port), timeout=20)


def answered(connection):
    """Everything that comes until the other side closes."""
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)


def ask(served, path, body):
    response = served.session.post(served.url(path), data=body, timeout=60)
    assert response.status_code in BLAMES_THE_CLIENT, (path, body, response.content)
    # Texts may hold the bytes of the client, which need not be UTF-8.
    parsed = json.loads(response.content.decode("utf-8", "replace"))
    assert (response.status_code == 200) == ("error" not in parsed), (body, parsed)
    return response.status_code


@pytest.mark.parametrize(
    ("path", "signatures"),
    [
        (TENSORS, ["serving_default", "pair", "string", "int8", "uint64", "bool", "float64"]),
        ("/v1/models/half:classify", ["classify", "classify_scores", "regress"]),
        ("/v1/models/half:regress", ["regress", "regress_flat", "classify"]),
    ],
)
def test_nonsense_is_answered_with_a_reason(served, path, signatures):
    rng = random.Random(path)
    statuses = [ask(served, path, hard_values.body(rng, signatures)) for _ in range(500)]
    assert 400 in statuses


@pytest.mark.parametrize("text", hard_values.STRINGS)
def test_hard_strings_travel_unchanged(served, text):
    raw = text.encode("utf-8", "surrogatepass")
    request = request_for("tensors", "string", x=[raw])
    answer = served.prediction.Predict(request, timeout=20)
    assert list(answer.outputs["y"].string_val) == [raw]
    if text.isprintable() or text.encode("utf-8", "ignore").decode() == text:
        body = {"signature_name": "string", "instances": [text]}
        assert served.post(TENSORS, body) == (200, {"predictions": [text]})


@pytest.mark.parametrize("text", hard_values.STRINGS)
def test_hard_strings_are_no_names_of_anything(served, text):
    quoted = urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")
    for path in (f"/v1/models/{quoted}:predict", f"/v1/models/half/labels/{quoted}:predict"):
        assert ask(served, path, b'{"instances": [1]}') in (400, 404)
    body = f'{{"signature_name": {json.dumps("s" + text)}, "inputs": 1}}'
    assert ask(served, TENSORS, body.encode()) == 400


def test_json_that_ends_early_is_refused_wherever_it_ends(served):
    for length in range(len(VALID)):
        response = served.session.post(served.url(TENSORS), data=VALID[:length], timeout=20)
        assert response.status_code == 400
        assert response.json()["error"].startswith("JSON Parse error: ")


@pytest.mark.parametrize(
    ("key", "opening", "closing"),
    [
        ("instances", "[", "]"),
        ("inputs", "[", ""),
        ("signature_name", "[", "]"),
        ("inputs", '{"a": ', "}"),
        pytest.param("instances", '[{"x": ', "}]", marks=pytest.mark.slow),
        pytest.param("other", '[{"x": ', "}]", marks=pytest.mark.slow),
        pytest.param("inputs", '[{"x": ', "", marks=pytest.mark.slow),
    ],
)
def test_half_a_million_levels_are_no_trouble(served, key, opening, closing):
    body = f'{{"{key}": {opening * 500_000}1{closing * 500_000}}}'
    assert ask(served, TENSORS, body.encode()) == 400


def test_large_bodies_are_answered(served):
    status, answer = served.post(TENSORS, {"inputs": [0.25] * 1_000_000})
    assert (status, len(answer["outputs"])) == (200, 1_000_000)


@pytest.mark.slow
def test_a_hundred_megabytes_are_answered(served):
    body = b'{"inputs": [' + b",".join([b"0.25"] * 20_000_000) + b"]}"
    assert len(body) == 100_000_013
    status, answer = post_once(served, body)
    assert status == 200
    assert answer.count(b"0.25") == 20_000_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x1f\x8b",
        gzip.compress(VALID, mtime=0)[:-3],
        VALID,
        gzip.compress(b"[" * 1000, mtime=0) + b"rest",
    ],
)
def test_what_is_not_gzip_is_refused(served, body):
    status, answer = post_once(served, body, Content_Encoding="gzip")
    assert status == 400
    assert json.loads(answer)["error"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n\r\n",
        b"\0" * 1000,
        bytes(range(256)) * 10,
        b"GET\r\n\r\n",
        b"GET /v1/models/half HTTP/9.9\r\n\r\n",
        b"POST /v1/models/tensors:predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/models/tensors:predict HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/models/tensors:predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/models/tensors:predict HTTP/1.1\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 100,
    ],
)
def test_what_is_not_http_ends_the_connection(served, sent):
    with connect(served) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        said = answered(connection)
    assert not said or said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))


HEAD = b"POST /v1/models/tensors:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"POST /v1", HEAD[:-2], HEAD, HEAD + b'{"inputs": ['])
def test_clients_that_vanish_leave_nothing_behind(served, sent):
    connections = [connect(served) for _ in range(16)]
    for connection in connections:
        connection.sendall(sent)
    assert served.post(TENSORS, {"inputs": 1.0})[0] == 200
    for index, connection in enumerate(connections):
        if index % 2:  # A reset instead of an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()


def test_clients_that_leave_before_their_answer_leave_nothing_behind(served):
    head = HEAD.replace(b"1000", str(len(BUSY)).encode())
    for _ in range(8):
        with connect(served) as connection:
            connection.sendall(head + BUSY)
    wait_until(lambda: served.post(TENSORS, {"inputs": 1.0})[0] == 200)


def test_a_client_that_drips_holds_up_nobody_and_is_sent_away(served):
    with connect(served) as connection:
        connection.sendall(HEAD)
        for byte in b'{"in':
            connection.sendall(bytes([byte]))
            assert served.post(TENSORS, {"inputs": 1.0})[0] == 200
            time.sleep(0.02)
        assert answered(connection).startswith(b"HTTP/1.1 408 ")


def send_bytes(served, content):
    """The code of a call with these bytes instead of a message."""
    try:
        served.channel.unary_unary(PREDICT)(content, timeout=20)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def test_bytes_that_are_no_message_are_refused(served):
    rng = random.Random(5)
    request = request_for("tensors", "pair", a=np.ones((2, 3), "float32"), b=[1.0, 2.0, 3.0])
    request.output_filter.append("sum")
    whole = request.SerializeToString()
    messages = [whole[:length] for length in range(len(whole))]
    messages += [hard_values.spoil(rng, whole) for _ in range(400)]
    messages += [rng.randbytes(rng.randrange(60)) for _ in range(200)]
    codes = {send_bytes(served, message) for message in messages}
    assert {"OK", "INVALID_ARGUMENT"} <= codes
    assert codes <= CODES | {"INTERNAL"}


def test_tensors_that_lie_about_their_size_are_refused(served):
    for sizes in ([-1], [2**62, 2**62], [2**40], [0, 2**62], [2**31] * 3):
        request = request_for("tensors", x=1.0)
        tensor = request.inputs["x"]
        for size in sizes:
            tensor.tensor_shape.dim.add(size=size)
        assert send_bytes(served, request.SerializeToString()) in CODES


def test_calls_that_are_cancelled_leave_nothing_behind(served):
    request = request_for("tensors", "busy", steps=np.array([5_000], "int32"))
    calls = [served.prediction.Predict.future(request) for _ in range(16)]
    for call in calls:
        call.cancel()
    assert all(call.cancelled() for call in calls)
    counted = served.prediction.Predict(request, timeout=20)
    assert list(counted.outputs["steps"].int_val) == [5_000]
