"""Tests of serving/client/over_rest.py, http.py and asyncio_http.py: servers that misbehave."""

import asyncio
import contextlib
import datetime
import email.utils
import json
import socket
import threading
import time

import numpy as np
import pytest

from serving.client import AsyncClient, ClientError, Retries
from tests.serving import client_kinds
from tests.serving.client_kinds import EXPECTED, HANG_UP, STATUS, ScriptedServer, answer


def tensor(dtype, *sizes):
    return {"dtype": dtype, "tensor_shape": {"dim": [{"size": str(size)} for size in sizes]}}


def metadata(**outputs):
    signature = {"inputs": {"x": tensor("DT_FLOAT", -1)}, "outputs": outputs}
    return answer(
        {"metadata": {"signature_def": {"signature_def": {"serving_default": signature}}}}
    )


Y = metadata(y=tensor("DT_FLOAT", -1))
BUSY = answer({"error": "the queue is full"}, "503 Service Unavailable")
QUICK = Retries(attempts=3, first_delay=0.001)


@pytest.fixture(params=client_kinds.KINDS, ids=lambda kind: kind.__name__)
def open_client(request):
    return request.param


@contextlib.contextmanager
def scripted(open_client, *script, **options):
    with (
        ScriptedServer(*script) as server,
        open_client(server.address, **({"retries": QUICK} | options)) as client,
    ):
        yield server, client


def test_nobody_there_says_what_to_start(open_client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        open_client(f"127.0.0.1:{port}", retries=QUICK) as client,
        pytest.raises(ClientError, match=r"No server answers at .*`maru serve`") as caught,
    ):
        client.status("m")
    assert (caught.value.code, caught.value.status) == ("UNAVAILABLE", None)


@pytest.mark.parametrize(
    "refusal",
    [
        BUSY,
        answer({"error": "too many"}, "429 Too Many Requests"),
        answer(b"<html>", "502 Bad Gateway"),
        answer(b"<html>", "503 Service Unavailable"),
        HANG_UP,
    ],
)
def test_what_passes_is_tried_again(open_client, refusal):
    with scripted(open_client, refusal, refusal, answer(STATUS)) as (server, client):
        assert client.status("m") == EXPECTED
    assert len(server.requests) == 3


def test_in_the_end_the_refusal_is_told(open_client):
    with (
        scripted(open_client, BUSY, BUSY, BUSY) as (server, client),
        pytest.raises(ClientError, match="^the queue is full$") as caught,
    ):
        client.status("m")
    assert (caught.value.code, caught.value.status) == ("UNAVAILABLE", 503)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("400 Bad Request", "INVALID_ARGUMENT"),
        ("401 Unauthorized", "UNAUTHENTICATED"),
        ("404 Not Found", "NOT_FOUND"),
        ("500 Internal Server Error", "INTERNAL"),
        ("504 Gateway Timeout", "DEADLINE_EXCEEDED"),
    ],
)
def test_what_does_not_pass_is_told_at_once(open_client, status, code):
    with (
        scripted(open_client, answer({"error": "no"}, status)) as (server, client),
        pytest.raises(ClientError, match="^no$") as caught,
    ):
        client.status("m")
    assert caught.value.code == code


def test_a_server_says_when_to_ask_again(open_client):
    later = email.utils.format_datetime(
        datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1), usegmt=True
    )
    refusals = [
        answer({"error": "busy"}, "503 Busy", f"Retry-After: {after}")
        for after in ("7", later, "soon")
    ]
    with scripted(open_client, *refusals, retries=Retries(attempts=1)) as (server, client):
        told = []
        for _ in refusals:
            with pytest.raises(ClientError, match="busy") as caught:
                client.status("m")
            told.append(caught.value.retry_after)
    assert told[0] == 7
    assert told[1] == pytest.approx(60, abs=5)
    assert told[2] is None


def test_a_wait_beyond_the_deadline_is_not_begun(open_client):
    busy = answer({"error": "busy"}, "503 Busy", "Retry-After: 3600")
    with (
        scripted(open_client, busy, timeout=60) as (server, client),
        pytest.raises(ClientError, match="busy"),
    ):
        client.status("m")


def test_what_must_not_run_twice_is_asked_once(open_client):
    outputs = answer({"outputs": [1.0]})
    with scripted(open_client, Y, outputs, HANG_UP, BUSY) as (server, client):
        client.predict("m", {"x": [1]}, is_idempotent=False)
        with pytest.raises(ClientError, match="closed the connection before it answered"):
            client.predict("m", {"x": [1]}, is_idempotent=False)
        with pytest.raises(ClientError, match="queue is full"):
            client.predict("m", {"x": [1]}, is_idempotent=False)
    assert len(server.requests) == 4


def test_a_connection_is_kept(open_client):
    with scripted(open_client, *[answer(STATUS)] * 3) as (server, client):
        for _ in range(3):
            client.status("m")
        assert server.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(open_client):
    def answer_and_close(connection):
        connection.sendall(answer(STATUS))
        connection.close()

    script = (answer_and_close, answer(STATUS), HANG_UP, answer(STATUS))
    with scripted(open_client, *script) as (server, client):
        for _ in range(3):
            assert client.status("m") == EXPECTED
    assert server.connections == 3


def test_proxies_of_the_environment_are_ignored(open_client, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with scripted(open_client, answer(STATUS)) as (server, client):
        assert client.status("m") == EXPECTED


def test_answers_are_read_in_chunks(open_client):
    first, second = json.dumps(STATUS).encode()[:10], json.dumps(STATUS).encode()[10:]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"%x;a=b\r\n%s\r\n%X\r\n%s\r\n" % (len(first), first, len(second), second)
    data = head + chunks + b"0\r\nTrailer: 1\r\n\r\n"

    def drip(connection):
        for index in range(0, len(data), 7):
            connection.sendall(data[index : index + 7])

    with scripted(open_client, drip, drip) as (server, client):
        assert client.status("m") == client.status("m") == EXPECTED
    assert server.connections == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: Close\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_answers_are_read_up_to_the_end_of_the_connection(open_client, head):
    def finish(connection):
        connection.sendall(head + json.dumps(STATUS).encode())
        connection.close()

    with scripted(open_client, finish, finish) as (server, client):
        assert client.status("m") == client.status("m") == EXPECTED
    assert server.connections == 2


def test_half_an_answer_is_no_answer(open_client):
    def half(connection):
        connection.sendall(answer(STATUS)[:-5])
        connection.shutdown(socket.SHUT_RDWR)

    with (
        scripted(open_client, half) as (server, client),
        pytest.raises(ClientError, match="broke off in the middle of its answer"),
    ):
        client.status("m")


def test_silence_ends_at_the_deadline(open_client):
    with (
        scripted(open_client, lambda _: time.sleep(1)) as (server, client),
        pytest.raises(ClientError, match=r"did not answer within 0\.1 seconds") as caught,
    ):
        client.status("m", timeout=0.1)
    assert caught.value.code == "DEADLINE_EXCEEDED"


def test_a_trickle_does_not_move_the_deadline(open_client):
    def trickle(connection):
        for byte in answer(STATUS):
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    with (
        scripted(open_client, trickle) as (server, client),
        pytest.raises(ClientError, match=r"did not answer within 0\.2 seconds"),
    ):
        client.status("m", timeout=0.2)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (answer(b"<h1>404</h1>", "404 Not Found"), "not a model server: it answered HTTP 404"),
        (answer(b"<h1>Welcome</h1>"), "not a model server: it answered HTTP 200 without JSON"),
        (b"220 smtp.example ESMTP\r\n\r\n", "not a model server: it answered what is not HTTP"),
        (b"\0\0\x12\x04\0\0\0\0\0", "If it is the gRPC port of one, write grpc://127"),
        (b"HTTP/1.1 fine\r\n\r\n", "what is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "what is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000, "what is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\xff\r\n", "what is not HTTP"),
        (answer(b"[" * 100_000), "HTTP 200 without JSON"),
        (answer([1, 2]), "not a model server: its versions are not in its answer"),
        (answer({"model_version_status": [{"version": "x"}]}), "its versions are not in"),
        (answer({"detail": "no"}, "403 Forbidden"), "answered HTTP 403"),
        (answer(b"", "500 Internal Server Error"), "answered HTTP 500"),
    ],
)
def test_a_stranger_is_not_taken_for_a_model_server(open_client, said, message):
    with scripted(open_client, said) as (server, client), pytest.raises(ClientError, match=message):
        client.status("m")


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"y": [1.0], "z": [1.0]}, "Output 'y' should be float"),
        ([[1.0], [1.0, 2.0]], "Output 'y' should be float"),
        (["1"], r"Output 'y' should be float \(\?,\), and the answer is not: it has"),
        ([None], "Output 'y' should be float"),
    ],
)
def test_an_answer_that_is_not_what_the_model_says_is_refused(open_client, outputs, message):
    with (
        scripted(open_client, Y, answer({"outputs": outputs}), Y) as (server, client),
        pytest.raises(ClientError, match=message),
    ):
        client.predict("m", {"x": [1]})


def test_outputs_that_have_changed_since_are_read_as_they_are_now(open_client):
    both = metadata(y=tensor("DT_FLOAT", -1), n_bytes=tensor("DT_STRING", -1))
    now = answer({"outputs": {"y": [2], "n_bytes": [{"b64": "/w=="}]}})
    with scripted(open_client, Y, answer({"outputs": [1.5]}), now, both, now) as (server, client):
        assert client.predict("m", {"x": [1]})["y"].tolist() == [1.5]
        changed = client.predict("m", {"x": [1]})
    assert (changed["y"].tolist(), changed["n_bytes"].tolist()) == ([2.0], [b"\xff"])


def test_answers_that_are_not_json_to_everyone_are_read(open_client):
    specs = metadata(y=tensor("DT_FLOAT", -1), s=tensor("DT_STRING", -1))
    raw = b'{"outputs": {"y": [NaN, -Infinity, 1e39], "s": ["\xff", "\xc3\xa9"]}}'
    with scripted(open_client, specs, answer(raw)) as (server, client):
        received = client.predict("m", {"x": [1]})
    np.testing.assert_array_equal(received["y"], [np.nan, -np.inf, np.inf])
    assert received["s"].tolist() == ["\udcff", "é"]


def test_requests_say_who_asks_and_where(open_client):
    with ScriptedServer(Y, answer({"outputs": [1.0]})) as server:
        address = f"http://{server.address}/gate/"
        with open_client(address, token="s3cret") as client:
            client.predict("a b/ü", {"x": [float("nan"), 1]}, label="v:1")
    (first, _), (second, body) = server.requests
    assert first.startswith("GET /gate/v1/models/a%20b%2F%C3%BC/labels/v%3A1/metadata HTTP/1.1\r\n")
    assert second.startswith("POST /gate/v1/models/a%20b%2F%C3%BC/labels/v%3A1:predict HTTP/1.1")
    assert f"\r\nHost: {server.address}\r\n" in second
    assert "\r\nAuthorization: Bearer s3cret" in second
    assert body == b'{"inputs": {"x": [NaN, 1.0]}}'


def test_a_refusal_is_heard_while_a_large_body_is_sent(open_client):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse():
            connection, _ = listener.accept()
            connection.recv(1 << 16)
            connection.sendall(Y)
            connection.recv(1 << 16)  # Far from all of it.
            connection.sendall(answer({"error": "too large"}, "413 Too Large"))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass
            connection.close()

        threading.Thread(target=refuse, daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with (
            open_client(address) as client,
            pytest.raises(ClientError, match="too large") as caught,
        ):
            client.predict("m", {"x": np.zeros(1_000_000)})
    assert caught.value.status == 413


def test_a_server_that_takes_a_request_slowly_does_not_move_the_deadline(open_client):
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)

        def sip():
            connection, _ = listener.accept()
            connection.recv(1 << 16)
            connection.sendall(Y)
            with contextlib.suppress(ConnectionError), connection:
                while data := connection.recv(1 << 16):  # At 6 MB/s, of 20 MB.
                    received.append(len(data))
                    time.sleep(0.01)

        threading.Thread(target=sip, daemon=True).start()
        with (
            open_client(f"127.0.0.1:{listener.getsockname()[1]}") as client,
            pytest.raises(ClientError, match=r"did not answer within 0\.5 seconds"),
        ):
            client.predict("m", {"x": np.zeros(5_000_000)}, timeout=0.5)
        assert sum(received) < 15_000_000


def test_a_cancelled_request_gives_up_its_connection():
    async def main(address):
        async with AsyncClient(address) as client:
            asking = asyncio.create_task(client.status("m"))
            while not server.requests:
                await asyncio.sleep(0.01)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            return await client.status("m")

    with ScriptedServer(lambda _: time.sleep(0.2), answer(STATUS)) as server:
        assert asyncio.run(main(server.address)) == EXPECTED
    assert server.connections == 2
