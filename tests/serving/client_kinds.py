"""The two kinds of clients behind one face, and servers that follow a script."""

import asyncio
import contextlib
import json
import socket
import threading

import grpc

from serving.client import AsyncClient, Client, VersionStatus, messages

OK = messages.GetModelStatusResponse()
OK.model_version_status.add(version=3, state=30)
OK.model_version_status.add(version=4, state=50, status={"error_code": 5, "error_message": "gone"})
EXPECTED = [VersionStatus(4, "END", "NOT_FOUND", "gone"), VersionStatus(3, "AVAILABLE")]
STATUS = {
    "model_version_status": [
        {
            "version": str(known.version),
            "state": known.state,
            "status": {"error_code": known.error_code, "error_message": known.error_message},
        }
        for known in EXPECTED
    ]
}
"""The same in JSON."""
HANG_UP = b""
"""In a script: close the connection instead of answering."""


class AsyncRunner:
    """An AsyncClient whose methods block, so that tests need not know the kind."""

    def __init__(self, server, **options):
        self.runner = asyncio.Runner()
        self.client = AsyncClient(server, **options)

    def __getattr__(self, name):
        method = getattr(self.client, name)
        return lambda *args, **options: self.runner.run(method(*args, **options))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with self.runner:
            self.runner.run(self.client.close())


KINDS = (Client, AsyncRunner)


def answer(content, status="200 OK", *headers):
    """An HTTP answer; content that is not bytes is written as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class ScriptedServer:
    """Answers the n-th request with the n-th line of its script, whoever connects.

    Args:
        script: Bytes to send, or functions of the connection.
        context: For TLS; None speaks plainly.

    Attributes:
        requests: Head and body of each request.
        connections: How many were accepted.
    """

    def __init__(self, *script, context=None):
        self.requests = []
        self.connections = 0
        self._script = list(script)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened = []
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for opened in [self._listener, *self._opened]:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._opened.append(connection)
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            while self._read(connection):
                line = self._script.pop(0)
                if line == HANG_UP:
                    return
                if callable(line):
                    line(connection)
                else:
                    connection.sendall(line)

    def _read(self, connection):
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(1 << 16)
            if not data:
                return False
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        while len(body) < int(length or 0):
            body += connection.recv(1 << 16)
        self.requests.append((head.decode(), body))
        return True


class Script(grpc.GenericRpcHandler):
    """A gRPC service that answers the n-th call with the n-th line of its script.

    Args:
        lines: Messages, or functions of the context.

    Attributes:
        asked: Method, request and metadata of each call.
    """

    def __init__(self, *lines):
        self.lines = list(lines)
        self.asked = []

    def service(self, details):
        def answer(request, context):
            self.asked.append((details.method, request, context.invocation_metadata()))
            line = self.lines.pop(0)
            return line.SerializeToString() if hasattr(line, "SerializeToString") else line(context)

        return grpc.unary_unary_rpc_method_handler(answer)
