"""A client of the REST API on the standard library alone.

It imports neither TensorFlow nor NumPy, so that a command that asks a running
server answers at once.
"""

import base64
import http.client
import json
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

_CHUNK_BYTES = 1 << 16


class ClientError(Exception):
    """The server refused, or nobody answered.

    Args:
        text: The server's own words, or what went wrong on the way.
        status: HTTP status; None if there was no answer.
    """

    def __init__(self, text: str, status: int | None = None):
        super().__init__(text)
        self.status = status


def status(server: str, model: str, *, timeout: float = 5.0) -> list[dict[str, Any]]:
    """States of a model's versions, newest first.

    Args:
        server: `host:port` or `http://host:port`.
        model: Served name.
        timeout: Seconds for the whole exchange.

    Returns:
        `{"version": "3", "state": "AVAILABLE", "status": {...}}` per version.

    Raises:
        ClientError: With the server's text.
    """
    answer = _exchange(server, "GET", f"/v1/models/{_quote(model)}", None, timeout)
    return answer["model_version_status"]


def signatures(server: str, model: str, *, timeout: float = 5.0) -> dict[str, Any]:
    """Inputs and outputs of a model's signatures, by signature name.

    Args:
        server: `host:port` or `http://host:port`.
        model: Served name.
        timeout: Seconds for the whole exchange.

    Returns:
        `{"inputs": {name: {"dtype": ..., ...}}, "outputs": {...}}` per signature, as in TensorFlow
        Serving's metadata.

    Raises:
        ClientError: With the server's text.
    """
    answer = _exchange(server, "GET", f"/v1/models/{_quote(model)}/metadata", None, timeout)
    return answer["metadata"]["signature_def"]["signature_def"]


def predict(
    server: str,
    model: str,
    inputs: Mapping[str, Any],
    signature: str = "",
    *,
    timeout: float = 30.0,
) -> Any:
    """Run one signature.

    Args:
        server: `host:port` or `http://host:port`.
        model: Served name.
        inputs: Values by input name: numbers, strings or bytes, in lists as deep as the input's
            rank. Bytes travel as base64.
        signature: Signature name; empty means `serving_default`.
        timeout: Seconds for the whole exchange.

    Returns:
        Lists by output name; for a signature with one output its list alone, as the API has it.

    Raises:
        ClientError: With the server's text.
    """
    request: dict[str, Any] = {"inputs": inputs}
    if signature:
        request["signature_name"] = signature
    body = json.dumps(request, default=_base64).encode()
    path = f"/v1/models/{_quote(model)}:predict"
    return _exchange(server, "POST", path, body, timeout)["outputs"]


def _base64(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    raise TypeError(
        f"Inputs must be numbers, strings, bytes, or lists of them. Received: {type(value)}"
    )


def _exchange(server: str, method: str, path: str, body: bytes | None, timeout: float) -> Any:
    url = urllib.parse.urlsplit(server if "://" in server else f"http://{server}")
    if url.scheme != "http" or not url.hostname:
        raise ValueError(f"The server must look like `host:port`. Received: {server!r}")
    deadline = time.monotonic() + timeout
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        connection.sock.settimeout(_remaining(deadline))
        response = connection.getresponse()
        answer = _read(connection, response, deadline)
    except TimeoutError as error:
        raise ClientError(f"{url.netloc} did not answer within {timeout:g} seconds.") from error
    except (OSError, http.client.HTTPException) as error:
        raise ClientError(
            f"No server answers at {url.netloc} ({error}). Start one with `maru serve`, or give "
            "the address of a running one."
        ) from error
    finally:
        connection.close()
    return _parse(answer, response.status, url.netloc)


def _read(
    connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
) -> bytes:
    chunks = []
    while chunk := response.read(_CHUNK_BYTES):
        chunks.append(chunk)
        if connection.sock is not None:  # None once the server has closed its side.
            connection.sock.settimeout(_remaining(deadline))
    return b"".join(chunks)


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _parse(answer: bytes, status: int, address: str) -> Any:
    try:
        # Strings are the model's own bytes and need not be UTF-8.
        parsed = json.loads(answer.decode("utf-8", "replace"))
    except ValueError as error:
        raise ClientError(
            f"{address} is not a model server: it answered HTTP {status} without JSON.", status
        ) from error
    if status != 200:
        text = parsed.get("error") if isinstance(parsed, dict) else None
        raise ClientError(text or f"{address} answered HTTP {status}.", status)
    return parsed


def _quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")
