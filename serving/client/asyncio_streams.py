"""asyncio's connections as streams; apart, because importing asyncio takes time."""

import asyncio
import ssl

from serving.client.address import Address
from serving.client.retries import Deadline

_CHUNK_BYTES = 1 << 18


class AsyncioStream:
    """A connection of the running event loop; see `serving.client.http1.Stream`.

    Args:
        reader: Of the connection.
        writer: Of the connection; the stream closes it.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer

    async def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it."""
        self._writer.write(data)
        async with asyncio.timeout(deadline.left()):
            await self._writer.drain()

    async def read(self, deadline: Deadline) -> bytes:
        """What has arrived, at least one byte; empty at the end."""
        async with asyncio.timeout(deadline.left()):
            return await self._reader.read(_CHUNK_BYTES)

    def is_stale(self) -> bool:
        """Whether the other side has closed it."""
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        """Close at once; what is not yet sent is dropped."""
        self._writer.transport.abort()


async def connect(
    address: Address, context: ssl.SSLContext | None, deadline: Deadline
) -> AsyncioStream:
    """Open a connection; see `serving.client.streams.connect`."""
    async with asyncio.timeout(deadline.left()):
        reader, writer = await asyncio.open_connection(
            address.host, address.port, ssl=context, limit=_CHUNK_BYTES
        )
    return AsyncioStream(reader, writer)
