"""Tests of serving/client/over_grpc.py against servers that misbehave."""

import concurrent.futures
import contextlib
import socket
import threading
import time

import grpc
import pytest

from serving.client import ClientError, Retries, messages
from tests.serving import client_kinds
from tests.serving.client_kinds import EXPECTED, OK, Script, ScriptedServer

QUICK = Retries(attempts=3, first_delay=0.001)


def refuse(code, text="no", *metadata):
    def abort(context):
        context.set_trailing_metadata(metadata)
        context.abort(code, text)

    return abort


@contextlib.contextmanager
def serve(script, address="127.0.0.1:0"):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((script,))
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}" if address.endswith(":0") else address
    finally:
        server.stop(None)


@pytest.fixture(params=client_kinds.KINDS, ids=lambda kind: kind.__name__)
def open_client(request):
    return request.param


@contextlib.contextmanager
def scripted(open_client, *lines, **options):
    script = Script(*lines)
    with serve(script) as address, open_client(address, **({"retries": QUICK} | options)) as client:
        yield script, client


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED"])
def test_what_passes_is_tried_again(open_client, code):
    refusal = refuse(grpc.StatusCode[code])
    with scripted(open_client, refusal, refusal, OK) as (script, client):
        assert client.status("m") == EXPECTED
    assert len(script.asked) == 3


@pytest.mark.parametrize("code", ["NOT_FOUND", "INVALID_ARGUMENT", "INTERNAL", "UNIMPLEMENTED"])
def test_what_does_not_pass_is_told_at_once(open_client, code):
    with (
        scripted(open_client, refuse(grpc.StatusCode[code], "so it is")) as (_, client),
        pytest.raises(ClientError, match="^so it is$") as caught,
    ):
        client.status("m")
    assert (caught.value.code, caught.value.status) == (code, None)


def test_what_is_too_large_for_the_server_is_not_sent_again(open_client):
    text = "CLIENT: Received message larger than max (5 vs. 4)"
    with (
        scripted(open_client, refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, text)) as (_, client),
        pytest.raises(ClientError, match="larger than max"),
    ):
        client.status("m")


def test_a_server_says_when_to_ask_again(open_client):
    later = ("grpc-retry-pushback-ms", "7000")
    refusal = refuse(grpc.StatusCode.UNAVAILABLE, "busy", later)
    with (
        scripted(open_client, refusal, timeout=5) as (_, client),
        pytest.raises(ClientError, match="busy") as caught,
    ):
        client.status("m")
    assert caught.value.retry_after == 7


def test_the_server_knows_the_deadline(open_client):
    left = []

    def note(context):
        left.append(context.time_remaining())
        return OK.SerializeToString()

    with scripted(open_client, note) as (_, client):
        client.status("m", timeout=50)
    assert 0 < left[0] < 51


def test_silence_ends_at_the_deadline(open_client):
    with (
        scripted(open_client, lambda _: time.sleep(0.5)) as (_, client),
        pytest.raises(ClientError, match=r"did not answer within 0\.1 seconds") as caught,
    ):
        client.status("m", timeout=0.1)
    assert caught.value.code == "DEADLINE_EXCEEDED"


def test_nobody_there_says_what_to_start(open_client):
    with (
        open_client(f"grpc://127.0.0.1:{free_port()}", retries=QUICK) as client,
        pytest.raises(ClientError, match=r"No server answers at .*`maru serve`") as caught,
    ):
        client.status("m")
    assert caught.value.code == "UNAVAILABLE"


def test_a_server_that_starts_later_is_waited_for(open_client):
    port, done = free_port(), threading.Event()

    def start():
        with serve(Script(OK), f"127.0.0.1:{port}"):
            done.wait(10)

    starting = threading.Timer(0.3, start)
    starting.start()
    try:
        with open_client(f"grpc://127.0.0.1:{port}") as client:
            assert client.wait_until_ready("m", timeout=10) == 3
    finally:
        done.set()
        starting.join()


def test_a_stranger_is_no_model_server(open_client):
    with (
        ScriptedServer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server,
        open_client(f"grpc://{server.address}", retries=QUICK) as client,
        pytest.raises(ClientError),
    ):
        client.status("m", timeout=2)


def test_the_token_is_sent_and_the_model_named(open_client):
    with scripted(open_client, OK, token="s3cret") as (script, client):
        client.status("모델", version=0)
    ((method, request, metadata),) = script.asked
    assert method == "/tensorflow.serving.ModelService/GetModelStatus"
    sent = messages.GetModelStatusRequest.FromString(request).model_spec
    assert (sent.name, sent.HasField("version"), sent.version.value) == ("모델", True, 0)
    assert ("authorization", "Bearer s3cret") in [tuple(pair) for pair in metadata]


def test_what_must_not_run_twice_is_asked_once(open_client):
    known = messages.SignatureDefMap()
    known.signature_def["serving_default"].inputs["x"].dtype = 1
    response = messages.GetModelMetadataResponse()
    response.metadata["signature_def"].value = known.SerializeToString()
    refusal = refuse(grpc.StatusCode.UNAVAILABLE, "perhaps it ran")
    with (
        scripted(open_client, response, refusal) as (_, client),
        pytest.raises(ClientError, match="perhaps it ran"),
    ):
        client.predict("m", {"x": 1}, is_idempotent=False)


def test_an_answer_of_another_kind_is_no_answer(open_client):
    with (
        scripted(open_client, lambda _: b"\xff\xff\xff") as (_, client),
        pytest.raises(ClientError, match="is not a model server"),
    ):
        client.status("m")


def test_a_unix_socket_is_an_address(open_client, tmp_path):
    with (
        serve(Script(OK), f"unix:{tmp_path}/s") as address,
        open_client(address) as client,
    ):
        assert client.status("m") == EXPECTED
