"""Tests of serving/rest/http_server.py over sockets, with clients that behave and others."""

import contextlib
import json
import logging
import socket
import ssl
import threading
import time

import pytest
import trustme

from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.frontend.tls import Tls
from serving.rest import http_server
from serving.rest.app import RestConfig
from serving.rest.http_server import HttpServer
from serving.telemetry.metrics import Metrics
from tests.serving import fakes

BODY = b'{"instances": [1]}'
HEAD = b"POST /v1/models/demo:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY)


@contextlib.contextmanager
def serving(repository, tls=None, **config):
    metrics = Metrics()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    edge = Edge(repository, metrics, Admission(metrics))
    server = HttpServer(edge, RestConfig(num_threads=3, **config), listener, tls, 5)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def repository():
    return fakes.FakeRepository()


@pytest.fixture
def server(repository):
    with serving(repository, stall_seconds=0.2) as server:
        yield server


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.settimeout(10)
    return connection


def receive(connection):
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("The server has closed the connection.")
    return received


def read_response(connection):
    """Status and body of the next response."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += receive(connection)
    return int(head.split()[1]), body


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_connection_carries_several_requests(server):
    with connect(server) as connection:
        for _ in range(2):
            connection.sendall(HEAD + BODY)
            status, body = read_response(connection)
            assert (status, json.loads(body)) == (200, {"predictions": [2.0]})


def test_requests_may_come_in_any_pieces(server):
    with connect(server) as connection:
        for start in range(0, len(HEAD + BODY), 7):
            connection.sendall((HEAD + BODY)[start : start + 7])
        assert read_response(connection)[0] == 200


def test_a_client_that_would_like_another_protocol_is_answered_in_this_one(server):
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEA\r\n\r\n"
    head = HEAD.replace(b"\r\n\r\n", b"\r\n" + wish)
    with connect(server) as connection:
        for pieces in ([head + BODY], [head, BODY], [HEAD + BODY]):
            for piece in pieces:
                connection.sendall(piece)
            assert read_response(connection) == (200, b'{\n    "predictions": [2.0\n    ]\n}')


def test_head_requests_are_answered_without_a_body(server):
    with connect(server) as connection:
        connection.sendall(b"HEAD /v1/models/demo HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"Malformed" not in received
    assert received.endswith(b"\r\n\r\nok\n")


def test_a_client_that_stalls_in_its_body_is_sent_away_and_holds_no_thread(server, repository):
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(connect(server)) for _ in range(5)]
        for connection in stalled:
            connection.sendall(HEAD + BODY[:5])
        with connect(server) as connection:
            connection.sendall(HEAD + BODY)
            assert read_response(connection)[0] == 200
        for connection in stalled:
            assert read_response(connection)[0] == 408
            assert connection.recv(1) == b""


@pytest.mark.parametrize("begun", [b"", b"POST /v1/mod", HEAD[:-2]])
def test_a_client_that_does_not_end_its_head_is_cut_off(repository, monkeypatch, begun):
    monkeypatch.setattr(http_server, "_HEAD_SECONDS", 0.2)
    with serving(repository) as server, connect(server) as connection:
        connection.sendall(begun)
        assert connection.recv(1) == b""


def test_a_kept_connection_is_cut_off_in_its_second_head_only(repository, monkeypatch):
    monkeypatch.setattr(http_server, "_HEAD_SECONDS", 0.2)
    with serving(repository) as server, connect(server) as connection:
        connection.sendall(HEAD + BODY)
        assert read_response(connection)[0] == 200
        time.sleep(0.3)
        connection.sendall(HEAD + BODY)
        assert read_response(connection)[0] == 200
        connection.sendall(HEAD[:20])
        assert connection.recv(1) == b""


def test_a_head_without_end_is_cut_off(server):
    with connect(server) as connection, pytest.raises(OSError):
        while True:
            connection.sendall(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 1000)
            connection.sendall(b"x" * 2**20)


def test_a_client_that_leaves_while_its_answer_is_made_leaves_no_trace(repository, caplog):
    is_inside, may_leave = threading.Event(), threading.Event()
    predict = repository.predictor.predict

    def wait_and_predict(*arguments, **options):
        is_inside.set()
        may_leave.wait(10)
        return predict(*arguments, **options)

    repository.predictor.predict = wait_and_predict
    with serving(repository) as server:
        with connect(server) as connection:
            connection.sendall(HEAD + BODY)
            assert is_inside.wait(10)
        with connect(server) as connection:
            connection.sendall(HEAD + BODY[:3])
        may_leave.set()
        with connect(server) as connection:
            connection.sendall(HEAD + BODY)
            assert read_response(connection)[0] == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_stopping_lets_a_running_request_finish_and_closes_idle_connections(repository):
    is_inside, may_leave = threading.Event(), threading.Event()
    predict = repository.predictor.predict

    def wait_and_predict(*arguments, **options):
        is_inside.set()
        may_leave.wait(10)
        return predict(*arguments, **options)

    repository.predictor.predict = wait_and_predict
    with serving(repository) as server, connect(server) as idle, connect(server) as busy:
        busy.sendall(HEAD + BODY)
        assert is_inside.wait(10)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert idle.recv(1) == b""
        with pytest.raises(OSError):
            connect(server)
        may_leave.set()
        assert read_response(busy)[0] == 200
        stopping.join()


def test_a_request_that_outlasts_the_patience_of_stopping_is_answered_503(repository, caplog):
    is_inside, may_leave = threading.Event(), threading.Event()

    def never(*_, **__):
        is_inside.set()
        may_leave.wait(10)

    repository.predictor.predict = never
    with serving(repository) as server, connect(server) as busy:
        server._server.config.timeout_graceful_shutdown = 0.1
        busy.sendall(HEAD + BODY)
        assert is_inside.wait(10)
        server.stop()
        status, body = read_response(busy)
        may_leave.set()
    assert (status, json.loads(body)) == (503, {"error": "The server is stopping"})
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("verifies", [False, True])
def test_https_asks_clients_for_a_certificate_only_if_told_to(repository, verifies):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    tls = Tls(
        issued.private_key_pem.bytes().decode(),
        issued.cert_chain_pems[0].bytes().decode(),
        authority.cert_pem.bytes().decode(),
        verifies,
    )
    anonymous = ssl.create_default_context()
    authority.configure_trust(anonymous)
    known = ssl.create_default_context()
    authority.configure_trust(known)
    authority.issue_cert("client.example").configure_cert(known)
    with serving(repository, tls) as server:
        with known.wrap_socket(connect(server), server_hostname="127.0.0.1") as connection:
            connection.sendall(HEAD + BODY)
            assert read_response(connection)[0] == 200
        with contextlib.ExitStack() as stack:
            if verifies:
                # TLS 1.3 tells about a missing certificate only after the client's handshake.
                stack.enter_context(pytest.raises(OSError))
            connection = anonymous.wrap_socket(connect(server), server_hostname="127.0.0.1")
            stack.enter_context(connection)
            connection.sendall(HEAD + BODY)
            assert read_response(connection)[0] == 200
