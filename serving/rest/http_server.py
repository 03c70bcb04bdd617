"""The HTTP server: uvicorn in a thread, hardened against clients that never finish a head."""

import asyncio
import logging
import re
import socket
import threading
import time
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.frontend.edge import Edge
from serving.frontend.tls import Tls
from serving.playground.site import Playground
from serving.rest import app
from serving.rest.app import RestConfig

_KEEP_ALIVE_SECONDS = 75
"""Idle connections live longer than the 60 s for which load balancers commonly keep theirs."""
_HEAD_SECONDS = 20.0
_LONGEST_HEAD = 64 * 1024
"""Bytes. Both limits are for clients that begin a head and do not end it."""
_START_SECONDS = 30.0
_UPGRADE = re.compile(rb"(?<=\r\n)upgrade(?=[ \t]*:)", re.I)
_IGNORED = b"x-grade"
"""As long as the name it replaces."""


class HttpServer:
    """One listening socket, answered by an event loop in a thread of its own.

    Args:
        edge: What both protocols share.
        config: How HTTP is answered.
        listener: Bound, not listening yet; the server owns it.
        tls: Keys, where it is HTTPS.
        drain_seconds: What running requests get to finish when the server stops.
        playground: The page at `/`; None for no page.
    """

    def __init__(
        self,
        edge: Edge,
        config: RestConfig,
        listener: socket.socket,
        tls: Tls | None = None,
        drain_seconds: float = 30.0,
        playground: Playground | None = None,
    ):
        self._app = app.create_app(edge, config, playground)
        self._listener = listener
        self._server = uvicorn.Server(_uvicorn_config(self._app, tls, drain_seconds))
        # Outside the main thread uvicorn leaves the signals alone.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="rest", daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    def start(self) -> None:
        """Accept; returns when it does."""
        self._port = self._listener.getsockname()[1]
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while self._thread.is_alive() and not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop accepting, answer what was accepted, and end."""
        self._server.should_exit = True
        self._thread.join()
        self._app.close()


def _uvicorn_config(application: app.App, tls: Tls | None, drain_seconds: float) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="uvloop",
        http=_Protocol,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level=logging.ERROR,  # Its warnings are about what any port scanner sends.
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
        ssl_context_factory=None if tls is None else lambda *_: tls.ssl_context(),
    )


def _without_upgrade(data: bytes) -> bytes:
    """Hide the wish for another protocol, which a server may ignore.

    httptools drops the body of a request that has one. Java's HttpClient sends such requests.
    """
    if b"pgrade" not in data:
        return data
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(_IGNORED, head) + end + body


class _Protocol(HttpToolsProtocol):
    """A connection. uvicorn limits idle ones only; this limits those in the middle of a head."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._is_in_body = False  # Between two requests it is in neither.
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_in_body:
            data = _without_upgrade(data)
        super().data_received(data)
        if not self._is_in_head:
            self._stop_timer()
            return
        self._head_bytes += len(data)
        if self._head_bytes > _LONGEST_HEAD:
            self.transport.close()
        elif self._head_timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._is_in_head, self._is_in_body = False, True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_body = False

    def _start_timer(self) -> None:
        self._head_timer = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
