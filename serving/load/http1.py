"""One caller of a REST API: requests after each other on one kept connection.

A protocol of callbacks, not a client library: what a request costs here is
taken from the server, which runs on the same processors.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import httptools

from serving.load.job import Target
from serving.load.tally import Tally

_TEXT_BYTES = 500


def requests(target: Target, payloads: Sequence[bytes]) -> list[bytes]:
    """Each payload as the bytes of a whole request."""
    head = (
        f"POST {target.path} HTTP/1.1\r\nHost: {target.host}:{target.port}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    return [b"%b%d\r\n\r\n%b" % (head, len(body), body) for body in payloads]


class Caller(asyncio.Protocol):
    """Sends the next request when it has an answer; done when the tally is stopped.

    Args:
        requests: As `requests` makes them.
        tally: Shared by all callers.

    Attributes:
        done: Completed when no request is under way and none will follow, or the connection is
            gone; True if it is gone and the caller would have gone on.
    """

    def __init__(self, requests: Sequence[bytes], tally: Tally):
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._tally = tally
        self._body: list[bytes] = []
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Parse; the parser calls the methods below."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail("not HTTP", str(error))
            self._transport.close()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the answer."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Count the answer, go on."""
        answer, status = b"".join(self._body), self._parser.get_status_code()
        self._body.clear()
        keeps = self._parser.should_keep_alive()
        if status == 200:
            self._is_waiting = False
            self._tally.answered(self._index, self._started, answer)
        else:
            self._fail(f"HTTP {status}", answer[:_TEXT_BYTES].decode("utf-8", "replace"))
        if not keeps:
            self._transport.close()
        elif self._tally.is_stopped:
            self._finish(is_lost=False)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Count the request that was under way as failed."""
        if self._is_waiting:
            self._fail("no answer", str(error or "The server closed the connection."))
        self._finish(is_lost=not self._tally.is_stopped)

    def _send(self) -> None:
        if self._transport.is_closing():
            return
        self._index = self._tally.next_index()
        self._is_waiting = True
        self._started = time.perf_counter()
        self._transport.write(self._requests[self._index])

    def _fail(self, code: str, text: str) -> None:
        self._is_waiting = False
        self._tally.failed(code, text)

    def _finish(self, *, is_lost: bool) -> None:
        if not self.done.done():
            self.done.set_result(is_lost)
