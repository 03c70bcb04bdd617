"""The HTTP half of TensorFlow Serving, as a Starlette application.

`create_app` takes everything it needs as arguments, so tests pass a fake
repository and never load a model. What is under `/v1/` is answered by
`serving/rest.py`; `/healthz` and `/readyz` are ours.
"""

import os
import re
import zlib
from collections.abc import Callable

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from serving import rest
from serving.model import Repository

_METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]
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

    async def in_thread(work: Callable[..., rest.Answer], *arguments: object) -> Response:
        if not limiter:  # A limiter belongs to the event loop that runs the first request.
            limiter.append(anyio.CapacityLimiter(num_threads))
        return _json(await anyio.to_thread.run_sync(work, *arguments, limiter=limiter[0]))

    async def api(request: Request) -> Response:
        path = _path_and_query(request)
        if not re.match(r"/v1/", path, re.I):
            return Response(_NOT_FOUND_PAGE, 404, media_type="text/html")
        if request.method == "OPTIONS":
            return _preflight(request)
        try:
            body = await _read_body(request, max_body_bytes)
        except _TooLarge:
            return _json(rest.refusal(413, f"The request is larger than {max_body_bytes} bytes"))
        except zlib.error:
            return _json(rest.refusal(400, "The request says it is gzip, but it is not"))
        return await in_thread(rest.answer, repository, request.method, path, body, timeout)

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
            Route("/{path:path}", api, methods=_METHODS),
        ]
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


def _json(answer: rest.Answer) -> Response:
    return Response(answer.body, answer.status, media_type="application/json")
