"""Reading of request bodies: limited in size and patience, unpacked if need be."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from serving import errors

_MOST_UNPACKED = 100 * 2**20
"""Bytes. Source: TensorFlow Serving, `util/net_http/compression/gzip_zlib.h`."""


class ClientGoneError(Exception):
    """The connection ended before the request did; there is nobody to answer."""


class TooLargeError(Exception):
    """The body exceeds the limit."""


class StalledError(Exception):
    """The rest of the body does not come."""


class Body:
    """The body of one request.

    Args:
        receive: ASGI's.
        headers: The request's, by name in lower case.
        stall_seconds: Longest silence.

    Attributes:
        num_bytes: What has arrived so far.
    """

    def __init__(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        headers: Mapping[bytes, bytes],
        stall_seconds: float,
    ):
        self._receive = receive
        self._headers = headers
        self._stall_seconds = stall_seconds
        self.num_bytes = 0

    @property
    def is_compressed(self) -> bool:
        """Whether `unpack` must follow."""
        return b"gzip" in self._headers.get(b"content-encoding", b"")

    async def read(self, limit: int) -> bytes:
        """Read all of it.

        Args:
            limit: Most bytes, as they arrive.

        Raises:
            TooLargeError: If there are more. The rest is read and forgotten first, because a
                client in the middle of sending does not look for an answer; not so where the
                client waits for permission to send.
            StalledError: If nothing comes for too long.
            ClientGoneError: If the client has closed the connection.
        """
        announced = self._headers.get(b"content-length", b"")
        is_too_large = announced.isdigit() and int(announced) > limit
        if is_too_large and b"expect" in self._headers:
            raise _too_large(limit)
        chunks: list[bytes] = []
        is_last = False
        while not is_last:
            message = await self._next()
            chunk = message.get("body", b"")
            self.num_bytes += len(chunk)
            if is_too_large or self.num_bytes > limit:
                is_too_large = True
                chunks.clear()
            else:
                chunks.append(chunk)
            is_last = not message.get("more_body", False)
        if is_too_large:
            raise _too_large(limit)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _next(self) -> MutableMapping[str, Any]:
        try:
            async with asyncio.timeout(self._stall_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise StalledError(
                f"The request stopped after {self.num_bytes} bytes of its body: nothing came for "
                f"{self._stall_seconds:g} seconds"
            ) from error
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        return message


def unpack(content: bytes, limit: int) -> bytes:
    """Undo gzip.

    Args:
        content: A gzip file; what follows its end is ignored.
        limit: Most bytes of the result; never more than 100 MiB.

    Raises:
        TooLargeError: If there are more.
        ServingError: INVALID_ARGUMENT if it is not gzip, or not all of it.
    """
    limit = min(limit, _MOST_UNPACKED)
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = inflater.decompress(content, limit + 1)
    except zlib.error as error:
        raise _not_gzip() from error
    if len(unpacked) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise _not_gzip()
    return unpacked


def _not_gzip() -> errors.ServingError:
    return errors.invalid_argument(
        "The request has `Content-Encoding: gzip`, but its body is not a complete gzip file"
    )


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The request is larger than {limit} bytes")
