"""Callers of a gRPC method, all on one HTTP/2 connection, as those of one channel.

A few frames (RFC 9113) instead of the gRPC library: that one costs 0.2 ms of
processor time a call, which would be taken from the server beside it. It
measures unary calls and does nothing else.
"""

import asyncio
import collections
import struct
import time
from collections.abc import Sequence

from serving.load import hpack
from serving.load.job import Target
from serving.load.tally import Tally

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_CONTINUATION = 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE = 1, 2, 4
_LARGEST_WINDOW = 2**31 - 1
_FIRST_WINDOW = 65535
_FRAME_BYTES = 16384
_TOP_UP_BYTES = 1 << 24
_NO_STATUS = ("no status", "The answer ended without grpc-status. Is this a gRPC server?")


def messages(payloads: Sequence[bytes]) -> list[bytes]:
    """Each payload behind gRPC's prefix: not compressed, length."""
    return [struct.pack(">?I", False, len(body)) + body for body in payloads]


def headers(target: Target) -> bytes:
    """The header block of every call."""
    return hpack.encode(
        [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", target.path),
            (":authority", f"{target.host}:{target.port}"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
    )


class _Call:
    """One request under way."""

    def __init__(self, index: int, window: int):
        self.index = index
        self.started = time.perf_counter()
        self.answer = bytearray()
        self.window = window


class Channel(asyncio.Protocol):
    """A connection with `concurrency` callers.

    Args:
        headers: As `headers` makes them.
        messages: As `messages` makes them.
        concurrency: Calls under way at a time.
        tally: Where they are counted.

    Attributes:
        done: Completed when no call is under way and none will follow, or the connection is
            gone; True if it is gone and the callers would have gone on.
    """

    def __init__(self, headers: bytes, messages: Sequence[bytes], concurrency: int, tally: Tally):
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._headers = headers
        self._messages = messages
        self._concurrency = concurrency
        self._tally = tally
        self._calls: dict[int, _Call] = {}
        self._unsent: collections.deque[tuple[int, bytes]] = collections.deque()
        self._received = b""
        self._block = b""
        self._is_last = False
        self._next_stream = 1
        self._window = self._stream_window = _FIRST_WINDOW
        self._owed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Agree on windows and begin the calls."""
        self._transport = transport
        settings = struct.pack(
            ">HIHIHI",
            *(_HEADER_TABLE_SIZE, 0, _ENABLE_PUSH, 0, _INITIAL_WINDOW_SIZE, _LARGEST_WINDOW),
        )
        more = struct.pack(">I", _LARGEST_WINDOW - _FIRST_WINDOW)
        transport.write(
            _PREFACE + _frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW_UPDATE, 0, 0, more)
        )
        for _ in range(self._concurrency):
            self._call()

    def data_received(self, data: bytes) -> None:
        """Take whole frames, keep the rest."""
        data = self._received + data
        at = 0
        while len(data) - at >= 9:
            length = int.from_bytes(data[at : at + 3], "big")
            if len(data) - at - 9 < length:
                break
            stream = int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF
            start = at + 9
            at = start + length
            self._take(data[start - 6], data[start - 5], stream, data[start:at])
        self._received = data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        """Count the calls that were under way as failed."""
        for _ in self._calls:
            self._tally.failed("no answer", str(error or "The server closed the connection."))
        self._calls.clear()
        if not self.done.done():
            self.done.set_result(not self._tally.is_stopped)

    def _take(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        if kind == _DATA:
            self._owe(len(body))
            if stream in self._calls:
                self._calls[stream].answer += _unpadded(body, flags)
                if flags & _END_STREAM:
                    self._end(stream, *_NO_STATUS)
        elif kind in (_HEADERS, _CONTINUATION):
            self._take_headers(kind, flags, stream, body)
        elif kind == _RST_STREAM:
            self._end(stream, "reset", f"The server reset the call, code {body.hex()}.")
        elif kind == _SETTINGS and not flags & _ACK:
            self._set(body)
        elif kind == _PING and not flags & _ACK:
            self._transport.write(_frame(_PING, _ACK, 0, body))
        elif kind == _WINDOW_UPDATE:
            self._widen(stream, int.from_bytes(body, "big"))
        elif kind == _GOAWAY:
            self._transport.close()

    def _take_headers(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        if kind == _HEADERS:
            self._is_last = bool(flags & _END_STREAM)
            body = _unpadded(body, flags)[5 if flags & _PRIORITY else 0 :]
        self._block += body
        if flags & _END_HEADERS:
            block, self._block = self._block, b""
            if self._is_last:
                self._end(stream, *(hpack.status(block) or _NO_STATUS))

    def _call(self) -> None:
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        index = self._tally.next_index()
        self._calls[stream] = _Call(index, self._stream_window)
        head = _frame(_HEADERS, _END_HEADERS, stream, self._headers)
        message = self._messages[index]
        size = len(message)
        if size <= min(_FRAME_BYTES, self._window, self._stream_window) and not self._unsent:
            self._window -= size
            self._transport.write(head + _frame(_DATA, _END_STREAM, stream, message))
            return
        self._transport.write(head)
        self._unsent.append((stream, message))
        self._send()

    def _send(self) -> None:
        """Send as much as the server's windows allow."""
        for _ in range(len(self._unsent)):
            stream, message = self._unsent.popleft()
            call = self._calls.get(stream)
            if call is None:  # Refused before it was sent.
                continue
            while message:
                size = min(len(message), _FRAME_BYTES, self._window, call.window)
                if size <= 0:
                    self._unsent.append((stream, message))
                    break
                part, message = message[:size], message[size:]
                self._window -= size
                call.window -= size
                flags = 0 if message else _END_STREAM
                self._transport.write(_frame(_DATA, flags, stream, part))

    def _end(self, stream: int, code: str, text: str) -> None:
        call = self._calls.pop(stream, None)
        if call is None:
            return
        answer = bytes(call.answer[5:])
        if code != "OK":
            self._tally.failed(code, text)
        elif len(call.answer) < 5 or int.from_bytes(call.answer[1:5], "big") != len(answer):
            self._tally.failed("not one message", f"{len(call.answer)} bytes")
        else:
            self._tally.answered(call.index, call.started, answer)
        if not self._tally.is_stopped:
            self._call()
        elif not self._calls and not self.done.done():
            self.done.set_result(False)

    def _set(self, body: bytes) -> None:
        for number, value in struct.iter_unpack(">HI", body):
            if number == _INITIAL_WINDOW_SIZE:
                for call in self._calls.values():
                    call.window += value - self._stream_window
                self._stream_window = value
        self._transport.write(_frame(_SETTINGS, _ACK, 0, b""))
        self._send()

    def _widen(self, stream: int, size: int) -> None:
        if not stream:
            self._window += size
        elif stream in self._calls:
            self._calls[stream].window += size
        self._send()

    def _owe(self, size: int) -> None:
        self._owed += size
        if self._owed >= _TOP_UP_BYTES:
            more = struct.pack(">I", self._owed)
            self._transport.write(_frame(_WINDOW_UPDATE, 0, 0, more))
            self._owed = 0


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return struct.pack(">BHBBI", len(body) >> 16, len(body) & 0xFFFF, kind, flags, stream) + body


def _unpadded(body: bytes, flags: int) -> bytes:
    return body[1 : len(body) - body[0]] if flags & _PADDED else body
