"""The HTTP half of TensorFlow Serving, as an ASGI application.

What is under `/v1/` is answered by `serving/rest/api.py`, in a thread; the metrics
page has the path that the operator chose; `/healthz`, `/readyz`, `/models` and
the playground are ours. No web framework: a few routes do not need one.

Order of the routes and what each answers: TensorFlow Serving,
`model_servers/http_server.cc` and `util/net_http/server/internal/evhttp_server.cc`.
"""

import asyncio
import dataclasses
import os
import re
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

from serving import errors
from serving.frontend.edge import Edge
from serving.model import ModelSpec
from serving.playground import site
from serving.playground.site import Playground
from serving.rest import api, http_body, openai, pages
from serving.rest.worker_pool import WorkerPool
from serving.telemetry.access_log import AccessLog

_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"})
_REST = "REST"
_MODEL = re.compile(r"/v1/models/([^/:?]+)", re.I)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Headers = tuple[tuple[bytes, bytes], ...]

_JSON = (b"content-type", b"application/json")
_HTML = (b"content-type", b"text/html")
_TEXT = (b"content-type", b"text/plain")
_CLOSE = (b"connection", b"close")


@dataclasses.dataclass(frozen=True)
class RestConfig:
    """How HTTP is answered."""

    timeout: float = 30.0
    """Seconds a prediction may take; then 504."""
    num_threads: int = max(128, 4 * (os.cpu_count() or 1))
    """Requests that are worked on at a time, at least 1; the others wait."""
    max_request_bytes: int = 2**31 - 1
    """Largest body as it arrives, and unpacked; beyond it 413. Packed ones end at 100 MiB."""
    metrics_path: str | None = None
    """Path of the page for Prometheus; None for no page."""
    enable_cors: bool = False
    """Whether web pages of other origins may read the answers."""
    enable_openai: bool = True
    """Whether OpenAI's paths are answered, see `serving/rest/openai.py`."""
    stall_seconds: float = 30.0
    """Longest silence while a body arrives; then 408."""


class _Response(NamedTuple):
    """What goes back."""

    status: int
    body: bytes
    headers: _Headers


_GONE = _Response(errors.HTTP_STATUS["CANCELLED"], b"", ())
"""For the log only."""
_NOT_FOUND = _Response(404, pages.html(404, "Not Found"), (_HTML,))


class _Request(NamedTuple):
    """The head of a request."""

    method: str
    path: str
    """Still percent-encoded, one character a byte, without the query."""
    target: str
    """The path with the query."""
    headers: Mapping[bytes, bytes]
    """By name in lower case."""


_DEFAULTS = RestConfig()


class App:
    """The application; call `close` after its last request.

    Args:
        edge: What both protocols share.
        config: How HTTP is answered.
        playground: The page at `/`; None for no page.
    """

    def __init__(
        self, edge: Edge, config: RestConfig = _DEFAULTS, playground: Playground | None = None
    ):
        self._edge = edge
        self._config = config
        self._playground = playground
        self._pool = WorkerPool(config.num_threads)
        self._cors = _cors_headers(edge.admission.needs_token) if config.enable_cors else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI 3 has it."""
        start = time.perf_counter()
        request = _read_head(scope)
        body = http_body.Body(receive, request.headers, self._config.stall_seconds)
        try:
            response = await self._respond(request, body)
            await _send(send, response)
        except http_body.ClientGoneError:
            response = _GONE
        if self._edge.access_log is not None:
            seconds = time.perf_counter() - start
            _log(self._edge.access_log, scope, request, response, body.num_bytes, seconds)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.close()

    async def _respond(self, request: _Request, body: http_body.Body) -> _Response:
        if request.method not in _METHODS:
            return _Response(501, pages.html(501, "Not Implemented"), (_HTML,))
        if request.path == self._config.metrics_path:
            return await self._metrics_page(request)
        if request.target[:4].lower() == "/v1/":
            response = await self._api(request, body)
            if self._cors:
                return response._replace(headers=response.headers + self._cors)
            return response
        if request.method in ("GET", "HEAD"):
            if request.path == "/healthz":
                return _Response(200, b"ok\n", (_TEXT,))
            if request.path == "/readyz":
                return self._readiness()
            if request.path == "/models":
                return await self._refuse_or(request, self._models)
            if self._playground is not None:
                return await self._play(request, self._playground)
        return _NOT_FOUND

    async def _play(self, request: _Request, playground: Playground) -> _Response:
        file = playground.file(request.path)
        if file is not None:
            return _Response(200, file.content, file.headers)
        spec = site.asked(request.path)
        if spec is None:
            return _NOT_FOUND
        return await self._refuse_or(request, lambda: self._about(playground, spec))

    async def _about(self, playground: Playground, spec: ModelSpec) -> _Response:
        told = await asyncio.to_thread(playground.about, spec)
        return _Response(200, told, (_JSON,))

    async def _api(self, request: _Request, body: http_body.Body) -> _Response:
        if request.method == "OPTIONS":
            return self._preflight(request)
        return await self._refuse_or(request, lambda: self._answer(request, body))

    async def _refuse_or(
        self, request: _Request, respond: Callable[[], Awaitable[_Response]]
    ) -> _Response:
        admission = self._edge.admission
        try:
            admission.check_token(request.headers.get(b"authorization", b""), _REST)
            return await respond()
        except errors.ServingError as error:
            return _refusal(error)
        except http_body.TooLargeError as error:
            admission.count_refusal(_REST, "size")
            return _json(413, str(error))
        except http_body.StalledError as error:
            admission.count_refusal(_REST, "stalled")
            return _json(408, str(error), (_CLOSE,))
        except asyncio.CancelledError:
            # The server stops and has waited long enough. The task ends with this answer.
            return _json(503, "The server is stopping", (_CLOSE,))

    async def _answer(self, request: _Request, body: http_body.Body) -> _Response:
        content = await body.read(self._config.max_request_bytes)
        with self._edge.admission.request(_REST):
            answer = await self._pool.run(self._work, request, content, body.is_compressed)
        return _Response(answer.status, answer.body, (_JSON,))

    def _work(self, request: _Request, content: bytes, is_compressed: bool) -> api.Answer:
        """In a thread: all that takes longer than a few microseconds."""
        edge, config = self._edge, self._config
        if is_compressed:
            content = http_body.unpack(content, config.max_request_bytes)
        if config.enable_openai and request.method == "POST" and request.path in openai.PATHS:
            return openai.answer(
                edge.repository, request.path, content, config.timeout, edge.metrics
            )
        return api.answer(
            edge.repository,
            request.method,
            request.target,
            content,
            config.timeout,
            edge.metrics,
            edge.options,
        )

    def _preflight(self, request: _Request) -> _Response:
        origin = request.headers.get(b"origin", b"")
        is_origin = b"http://" in origin or b"https://" in origin
        status = "OK" if is_origin else "FAILED_PRECONDITION"
        self._edge.metrics.increment(
            "/tensorflow/serving/request_count", model_name="", status=status
        )
        return _Response(errors.HTTP_STATUS[status], b"", (_HTML,))

    def _readiness(self) -> _Response:
        if self._edge.admission.is_draining:
            return _Response(503, b"not ready: the server is stopping\n", (_TEXT,))
        if not self._edge.repository.is_ready():
            return _Response(503, b"not ready: a model has no available version\n", (_TEXT,))
        return _Response(200, b"ready\n", (_TEXT,))

    async def _models(self) -> _Response:
        listing = await asyncio.to_thread(pages.models, self._edge.repository)
        return _Response(200, listing, (_JSON,))

    async def _metrics_page(self, request: _Request) -> _Response:
        if request.target != request.path:
            text = f"Unexpected path: {request.target}. Should be {request.path}"
            return _Response(400, text.encode("latin-1"), (_TEXT,))
        page = await asyncio.to_thread(pages.metrics, self._edge.repository, self._edge.metrics)
        return _Response(200, page, (_TEXT,))


def create_app(
    edge: Edge, config: RestConfig = _DEFAULTS, playground: Playground | None = None
) -> App:
    """Build the application; `serving.rest.http_server` runs it."""
    return App(edge, config, playground)


def _read_head(scope: Scope) -> _Request:
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    target = f"{path}?{query}" if query else path
    return _Request(scope["method"], path, target, dict(scope["headers"]))


def _log(
    log: AccessLog,
    scope: Scope,
    request: _Request,
    response: _Response,
    request_bytes: int,
    seconds: float,
) -> None:
    model = _MODEL.match(request.target)
    log.add(
        protocol=_REST,
        method=request.method,
        path=request.target,
        status=response.status,
        seconds=seconds,
        request_bytes=request_bytes,
        response_bytes=len(response.body),
        model=urllib.parse.unquote(model[1]) if model else "",
        client=":".join(map(str, scope.get("client") or ())),
    )


async def _send(send: Send, response: _Response) -> None:
    length = (b"content-length", str(len(response.body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [*response.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": response.body})


def _json(status: int, text: str, headers: _Headers = ()) -> _Response:
    return _Response(status, api.refusal(status, text).body, (_JSON, *headers))


def _refusal(error: errors.ServingError) -> _Response:
    """What was refused before a model was asked; a model's own errors are answers."""
    headers: _Headers = {
        "UNAUTHENTICATED": ((b"www-authenticate", b"Bearer"),),
        "UNAVAILABLE": ((b"retry-after", b"1"),),
    }.get(error.code, ())
    return _json(errors.HTTP_STATUS[error.code], error.text, headers)


def _cors_headers(needs_token: bool) -> _Headers:
    allowed = b"Content-Type, Authorization" if needs_token else b"Content-Type"
    return (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"POST, GET"),
        (b"access-control-allow-headers", allowed),
    )
