"""Tests of serving/client.py against servers that misbehave."""

import socket
import subprocess
import sys
import threading

import pytest

from serving import client


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


def address(listener):
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_nobody_there_says_what_to_start(listener):
    where = address(listener)
    listener.close()
    with pytest.raises(client.ClientError, match=r"No server answers at .*`maru serve`"):
        client.status(where, "m")


def test_silence_ends_at_the_deadline(listener):
    with pytest.raises(client.ClientError, match=r"did not answer within 0\.2 seconds"):
        client.predict(f"http://{address(listener)}", "m", {"x": [1]}, timeout=0.2)


def test_a_stranger_is_not_taken_for_a_model_server(listener):
    def answer():
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n<h1>")

    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(client.ClientError, match="is not a model server: it answered HTTP 404"):
        client.status(address(listener), "m")


@pytest.mark.parametrize("server", ["https://a:1", "http://", "ftp://a"])
def test_addresses_that_cannot_be_right_are_refused(server):
    with pytest.raises(ValueError, match="must look like `host:port`"):
        client.status(server, "m")


def test_importing_it_does_not_import_tensorflow_or_numpy():
    script = "import sys, serving.client; print({'tensorflow', 'numpy'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.strip() == "set()"
