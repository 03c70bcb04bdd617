"""Blocking sockets as streams."""

import select
import socket
import ssl

from serving.client.address import Address
from serving.client.retries import Deadline

_CHUNK_BYTES = 1 << 18


class BlockingStream:
    """A connected socket; see `serving.client.http1.Stream`.

    Args:
        connected: TCP or TLS socket; the stream closes it.
    """

    def __init__(self, connected: socket.socket):
        self._socket = connected

    async def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of it."""
        self._socket.settimeout(deadline.left())
        self._socket.sendall(data)

    async def read(self, deadline: Deadline) -> bytes:
        """What has arrived, at least one byte; empty at the end."""
        self._socket.settimeout(deadline.left())
        return self._socket.recv(_CHUNK_BYTES)

    def is_stale(self) -> bool:
        """Whether something can be read although nothing was asked: most often the end."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


async def connect(
    address: Address, context: ssl.SSLContext | None, deadline: Deadline
) -> BlockingStream:
    """Open a connection.

    Args:
        address: Of a server that speaks REST.
        context: For TLS; None speaks plainly.
        deadline: When to give up.

    Raises:
        OSError: If nobody listens there, or the certificate is not trusted.
    """
    connected = socket.create_connection((address.host, address.port), deadline.left())
    try:
        # Otherwise the second packet of a large request waits 40 ms for the answer to the first.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            connected = context.wrap_socket(connected, server_hostname=address.host)
    except BaseException:
        connected.close()
        raise
    return BlockingStream(connected)
