"""One JSON line per request: when, what, how long, how much; never what was asked or answered."""

import datetime
import logging
import threading
from typing import TextIO

import orjson

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 10_000
_PAUSE_SECONDS = 0.1
"""Between two writes: waking a thread for each line would cost more than all else here."""


class AccessLog:
    """Writes lines in a thread of its own, so that a slow disk or pipe holds up no request.

    What comes while 10,000 lines wait is dropped, and a line tells how many were.

    Args:
        stream: Where lines go, ten times a second; not closed.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._num_dropped = 0
        self._has_waiting = threading.Event()
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access_log", daemon=True)
        self._thread.start()

    def add(
        self,
        *,
        protocol: str,
        method: str,
        path: str,
        status: int | str,
        seconds: float,
        request_bytes: int,
        response_bytes: int,
        model: str,
        client: str,
    ) -> None:
        """Write one line.

        Args:
            protocol: `REST` or `GRPC`.
            method: Of HTTP, or the name of the remote procedure.
            path: As the client wrote it.
            status: Number of HTTP, or name of gRPC.
            seconds: From the end of the request's head to the answer.
            request_bytes: Size of the body or the message as it arrived.
            response_bytes: Size of the body or the message.
            model: Served name; empty if the request has none.
            client: Address and port.
        """
        line = orjson.dumps(
            {
                "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
                "protocol": protocol,
                "method": method,
                "path": path,
                "status": status,
                "milliseconds": round(seconds * 1e3, 3),
                "request_bytes": request_bytes,
                "response_bytes": response_bytes,
                "model": model,
                "client": client,
            }
        )
        with self._lock:
            is_full = len(self._waiting) >= _MOST_WAITING
            if is_full:
                self._num_dropped += 1
            else:
                self._waiting.append(line)
        if not is_full and not self._has_waiting.is_set():
            self._has_waiting.set()

    def close(self) -> None:
        """Write what waits."""
        self._is_closing.set()
        self._has_waiting.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing.is_set():
            self._has_waiting.wait()
            self._is_closing.wait(_PAUSE_SECONDS)
            self._has_waiting.clear()
            self._write()
        self._write()  # What came while the last lines were written.

    def _write(self) -> None:
        with self._lock:
            lines, self._waiting = self._waiting, []
            num_dropped, self._num_dropped = self._num_dropped, 0
        if num_dropped:
            lines.append(orjson.dumps({"dropped": num_dropped}))
        try:
            self._stream.write("".join(line.decode() + "\n" for line in lines))
            self._stream.flush()
        except OSError as error:  # A full disk, a closed pipe: requests are answered anyway.
            _LOG.error("Cannot write the access log: %s", error)
