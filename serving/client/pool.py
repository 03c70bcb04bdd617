"""Kept connections, for any number of requests at a time."""

import collections
from collections.abc import Awaitable, Callable

from serving.client.http1 import Connection, Response, Stream
from serving.client.retries import Deadline

_MAX_IDLE = 128


class Pool:
    """Opens a connection where none is idle, and keeps it for the next request.

    Threads may share it: a connection belongs to one request at a time, and a deque's ends are
    safe to use from several threads.

    Args:
        connect: Opens a stream.
    """

    def __init__(self, connect: Callable[[Deadline], Awaitable[Stream]]):
        self._connect = connect
        self._idle: collections.deque[Connection] = collections.deque()
        self._is_closed = False

    async def exchange(
        self, head: bytes, body: bytes, deadline: Deadline, *, is_idempotent: bool
    ) -> Response:
        """Send one request and read its answer; see `serving.client.http1.Connection.exchange`.

        A kept connection may have been closed by the server while nobody looked. If it breaks
        before the answer, the request is sent once more on a new one; one that is not idempotent
        therefore always gets a new one.
        """
        connection = self._take_idle() if is_idempotent else None
        if connection is not None:
            try:
                return await self._use(connection, head, body, deadline)
            except ConnectionError:
                self._drop_idle()  # The server was restarted: the others are no better.
        connection = Connection(await self._connect(deadline))
        return await self._use(connection, head, body, deadline)

    def close(self) -> None:
        """Close what is idle now, and what is in use after its answer."""
        self._is_closed = True
        self._drop_idle()

    async def _use(
        self, connection: Connection, head: bytes, body: bytes, deadline: Deadline
    ) -> Response:
        try:
            response = await connection.exchange(head, body, deadline)
        except BaseException:
            connection.close()
            raise
        if connection.is_reusable and not self._is_closed and len(self._idle) < _MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return response

    def _take_idle(self) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()  # The latest: the others may grow old and be closed.
            except IndexError:
                return None
            if not connection.is_stale():
                return connection
            connection.close()

    def _drop_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return
