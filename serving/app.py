"""The HTTP half of TensorFlow Serving, as a Starlette application.

`create_app` takes everything it needs as arguments, so tests pass a fake
repository and never load a model. Paths, codes and texts are TensorFlow
Serving's; `/healthz` and `/readyz` are ours. Source: TensorFlow Serving,
`model_servers/http_rest_api_handler.cc` and `http_rest_api_util.cc`.
"""

import json
import logging
import os
import re
import urllib.parse
import zlib
from collections.abc import Callable

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from serving import errors, json_writer, protocol
from serving.model import ModelSpec, Repository, VersionStatus

_LOG = logging.getLogger(__name__)
_METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]
_MODEL = r"(?:/([^/:]+))"
_VERSION = r"(?:(?:/versions/(\d+))|(?:/labels/([^/:]+)))?"
_INFERENCE = re.compile(rf"/v1/models{_MODEL}{_VERSION}:(classify|regress|predict)", re.I | re.A)
_STATUS = re.compile(rf"/v1/models{_MODEL}?{_VERSION}(?:/(metadata))?", re.I | re.A)
_LARGEST_VERSION = 2**63 - 1
# What libevent, the web server inside TensorFlow Serving, answers outside /v1.
_NOT_FOUND_PAGE = (
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n"
    "<H1>Not Found</H1>\n</BODY></HTML>\n"
)


class _TooLarge(Exception):
    """The body exceeds the limit."""


def create_app(
    repository: Repository,
    *,
    timeout: float = 30.0,
    max_body_bytes: int = 100 * 2**20,
    num_threads: int = 4 * (os.cpu_count() or 1),
) -> Starlette:
    """Build the application.

    Args:
        repository: What can be asked.
        timeout: Seconds a prediction may take; then 504.
        max_body_bytes: Largest request in bytes, after gzip; beyond it 413.
        num_threads: Requests in progress at a time; the others wait.
    """
    limiter: list[anyio.CapacityLimiter] = []

    async def in_thread(work: Callable[..., Response], *arguments: object) -> Response:
        if not limiter:  # A limiter belongs to the event loop that runs the first request.
            limiter.append(anyio.CapacityLimiter(num_threads))
        return await anyio.to_thread.run_sync(work, *arguments, limiter=limiter[0])

    async def rest(request: Request) -> Response:
        path = _path_and_query(request)
        if not re.match(r"/v1/", path, re.I):
            return Response(_NOT_FOUND_PAGE, 404, media_type="text/html")
        if request.method == "OPTIONS":
            return _preflight(request)
        try:
            body = await _read_body(request, max_body_bytes)
        except _TooLarge:
            return _error(413, f"The request is larger than {max_body_bytes} bytes")
        except zlib.error:
            return _error(400, "The request says it is gzip, but it is not")
        return await in_thread(_dispatch, repository, request.method, path, body, timeout)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readiness(_: Request) -> Response:
        if repository.is_ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready: a model has no available version\n", 503)

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/readyz", readiness),
            Route("/{path:path}", rest, methods=_METHODS),
        ]
    )


def _dispatch(
    repository: Repository, method: str, path: str, body: bytes, timeout: float
) -> Response:
    try:
        return _route(repository, method, path, body, timeout)
    except errors.ServingError as error:
        return _error(errors.HTTP_STATUS[error.code], error.text)
    except Exception as error:
        _LOG.exception("%s %s failed.", method, path)
        return _error(500, f"{type(error).__name__}: {error}")


def _route(repository: Repository, method: str, path: str, body: bytes, timeout: float) -> Response:
    inference = _INFERENCE.fullmatch(path) if method == "POST" else None
    if inference and inference[4] == "predict":
        return _predict(repository, _spec(*inference.groups()[:3]), body, timeout)
    if inference and inference[4] in ("classify", "regress"):
        raise errors.ServingError("UNIMPLEMENTED", f"{inference[4]} is not implemented")
    status = _STATUS.fullmatch(path) if method == "GET" else None
    if status is None:
        raise errors.invalid_argument(f"Malformed request: {method} {path}")
    if status[1] is None:
        raise errors.invalid_argument("Missing model name in request.")
    spec = _spec(*status.groups()[:3])
    if status[4] == "metadata":
        return _metadata(repository, spec)
    # As in TensorFlow Serving, a label is ignored here.
    return _json(encode_status(repository.status(spec.name, spec.version)))


def _predict(repository: Repository, spec: ModelSpec, body: bytes, timeout: float) -> Response:
    parsed = protocol.parse(body)
    with repository.lease(spec) as predictor:
        signature = protocol.find_signature(parsed, predictor.signatures)
        inputs = protocol.decode(parsed, signature)
        outputs = predictor.predict(parsed.signature_name, inputs, timeout=timeout)
    return _json(protocol.encode(outputs, is_row_format=parsed.is_row_format))


def _metadata(repository: Repository, spec: ModelSpec) -> Response:
    with repository.lease(spec) as predictor:
        version, signatures = predictor.version, predictor.metadata_json
    model = {"name": spec.name, "signature_name": "", "version": str(version)}
    text = (
        f'{{\n"model_spec":{json.dumps(model, indent=1, ensure_ascii=False)}\n,\n'
        f'"metadata": {{"signature_def": {signatures}\n}}\n}}\n'
    )
    return _json(text.encode())


def encode_status(statuses: list[VersionStatus]) -> bytes:
    """The body of a status answer."""
    versions = [
        {
            "version": str(status.version),
            "state": status.state,
            "status": {
                "error_code": status.error_code,
                "error_message": status.error_message,
            },
        }
        for status in statuses
    ]
    text = json.dumps({"model_version_status": versions}, indent=1, ensure_ascii=False)
    return (text + "\n").encode()


def _spec(name: str, version: str | None, label: str | None) -> ModelSpec:
    # Digits are counted first: Python refuses to convert thousands of them.
    digits = (version or "").lstrip("0")
    if len(digits) > len(str(_LARGEST_VERSION)) or int(digits or 0) > _LARGEST_VERSION:
        raise errors.invalid_argument(f"Failed to convert version: {version} to numeric.")
    return ModelSpec(
        urllib.parse.unquote(name),
        None if version is None else int(version),
        None if label is None else urllib.parse.unquote(label),
    )


def _path_and_query(request: Request) -> str:
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


async def _read_body(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _TooLarge
        chunks.append(chunk)
    body = b"".join(chunks)
    if "gzip" not in request.headers.get("content-encoding", ""):
        return body
    return await anyio.to_thread.run_sync(_gunzip, body, limit)


def _gunzip(body: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    inflated = inflater.decompress(body, limit)
    if inflater.unconsumed_tail:
        raise _TooLarge
    return inflated


def _preflight(request: Request) -> Response:
    origin = request.headers.get("origin", "")
    is_origin = "http://" in origin or "https://" in origin
    return Response(b"", 200 if is_origin else 400, media_type="application/json")


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def _error(status: int, text: str) -> Response:
    return _json(json_writer.write_error(text), status)
