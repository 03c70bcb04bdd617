"""HTTP/1.1 as far as a model server's client needs it, over a blocking or an asyncio stream.

One exchange at a time on a connection that is kept open: a request with a
length, an answer framed by its length, by chunks or by the end of the
connection. Written as coroutines of which those over a blocking stream never
suspend, so that both clients share this file; see `serving/client/calls.py`.

Ours, because a small request is paid for by the client's own time. On two shared cores an
exchange took 50 µs of it, with `http.client` 100 to 130 µs and no asyncio, with httpx 440 µs
and with httpx and asyncio 830 µs.
"""

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from serving.client.retries import Deadline

_MAX_HEAD_BYTES = 1 << 16
_MAX_JOINED_BYTES = 1 << 16
_WITHOUT_BODY = (204, 304)
_VERSIONS = b"HTTP/1."


class NotHttpError(Exception):
    """The other side does not speak HTTP/1.1."""


class TruncatedError(Exception):
    """The connection ended in the middle of an answer."""


class Stream(Protocol):
    """Bytes in both directions; raises OSError, and TimeoutError at the deadline."""

    async def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it."""

    async def read(self, deadline: Deadline) -> bytes:
        """What has arrived, at least one byte; empty at the end."""

    def is_stale(self) -> bool:
        """Whether the other side has closed, or said something unasked."""

    def close(self) -> None:
        """Give up the connection without waiting."""


@dataclasses.dataclass(frozen=True)
class Response:
    """An answer."""

    status: int
    """HTTP status, 200 and above."""
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes
    """Without its framing."""


class Connection:
    """One connection.

    Args:
        stream: Opened; the connection closes it.

    Attributes:
        is_reusable: Whether another exchange may follow the last one.
    """

    def __init__(self, stream: Stream):
        self._stream = stream
        self._received = bytearray()
        self.is_reusable = False

    async def exchange(self, head: bytes, body: bytes, deadline: Deadline) -> Response:
        """Send one request and read its answer.

        Args:
            head: Request line and headers, with the empty line after them.
            body: As long as the head says.
            deadline: End of all of it.

        Raises:
            ConnectionError: If the connection broke before any of the answer came.
            TruncatedError: If it broke later.
            NotHttpError: If something came that is no answer.
            TimeoutError: At the deadline.
        """
        self.is_reusable = False
        try:
            await self._send(head, body, deadline)
        except ConnectionError as error:
            # A server that refuses a large request answers and closes without reading it all.
            try:
                return await self._read_response(deadline)
            except (ConnectionError, TruncatedError, NotHttpError):
                raise error from None
        return await self._read_response(deadline)

    def is_stale(self) -> bool:
        """Whether the server has closed it since."""
        return bool(self._received) or self._stream.is_stale()

    def close(self) -> None:
        """Give it up."""
        self._stream.close()

    async def _send(self, head: bytes, body: bytes, deadline: Deadline) -> None:
        if len(body) <= _MAX_JOINED_BYTES:
            await self._stream.write(head + body, deadline)
        else:
            await self._stream.write(head, deadline)
            await self._stream.write(body, deadline)

    async def _read_response(self, deadline: Deadline) -> Response:
        status = 0
        while status < 200:  # "100 Continue" and its like precede the answer.
            version, status, headers = _parse_head(await self._read_head(deadline))
        body = await self._read_body(status, headers, deadline)
        is_framed = "content-length" in headers or "transfer-encoding" in headers
        wants_close = "close" in headers.get("connection", "").lower()
        is_kept = version == "HTTP/1.1" and not wants_close
        self.is_reusable = is_kept and (is_framed or status in _WITHOUT_BODY)
        return Response(status, headers, body)

    async def _read_body(
        self, status: int, headers: Mapping[str, str], deadline: Deadline
    ) -> bytes:
        if status in _WITHOUT_BODY:
            return b""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return await self._read_chunks(deadline)
        if "content-length" in headers:
            return await self._read_exactly(_size(headers["content-length"], 10), deadline)
        while await self._receive(deadline):
            pass
        return self._take(len(self._received))

    async def _read_head(self, deadline: Deadline) -> bytes:
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            if len(self._received) > _MAX_HEAD_BYTES:
                raise NotHttpError
            is_open = await self._receive(deadline)
            if not _VERSIONS.startswith(bytes(self._received[: len(_VERSIONS)])):
                raise NotHttpError
            if not is_open and not self._received:
                raise ConnectionResetError
            if not is_open:
                raise TruncatedError
        return self._take(end + 4)

    async def _read_chunks(self, deadline: Deadline) -> bytes:
        chunks = []
        while size := _size((await self._read_line(deadline)).partition(b";")[0], 16):
            chunks.append(await self._read_exactly(size, deadline))
            await self._read_exactly(2, deadline)
        while await self._read_line(deadline):  # Trailers, up to an empty line.
            pass
        return b"".join(chunks)

    async def _read_line(self, deadline: Deadline) -> bytes:
        while (end := self._received.find(b"\r\n")) < 0:
            if len(self._received) > _MAX_HEAD_BYTES:
                raise NotHttpError
            if not await self._receive(deadline):
                raise TruncatedError
        return self._take(end + 2)[:-2]

    async def _read_exactly(self, size: int, deadline: Deadline) -> bytes:
        while len(self._received) < size:
            if not await self._receive(deadline):
                raise TruncatedError
        return self._take(size)

    async def _receive(self, deadline: Deadline) -> bool:
        """Wait for more; False at the end of the connection."""
        data = await self._stream.read(deadline)
        self._received += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken


def _parse_head(head: bytes) -> tuple[str, int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    version, _, rest = first.partition(" ")
    if not (version.startswith("HTTP/1.") and rest[:3].isdecimal()):
        raise NotHttpError
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return version, int(rest[:3]), headers


def _size(text: str | bytes, base: int) -> int:
    try:
        size = int(text, base)
    except ValueError as error:
        raise NotHttpError from error
    if size < 0:
        raise NotHttpError
    return size
