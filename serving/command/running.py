"""A server from its start to SIGTERM or SIGINT, which let running requests finish."""

import contextlib
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from serving import process

_LOG = logging.getLogger(__name__)
_STARTED = "started"
# `timeout` and shells signal a process and then its group, which reaches it twice.
_SAME_SIGNAL_SECONDS = 0.5


class Server(Protocol):
    """What is run; see `serving.command.server.Server`."""

    def start(self) -> None:
        """Return once it answers."""

    def stop(self) -> None:
        """Return once the last request is answered."""


def run(server: Server, started: Callable[[], None] = lambda: None) -> None:
    """Serve until a signal, then drain and return.

    A second signal ends the process at once. A signal while models are still loading ends it
    with exit code 0: TensorFlow cannot be told to stop loading, and nobody waits for an answer.

    Args:
        server: Not started yet.
        started: Called when the ports are open.

    Raises:
        ServingError: If a model or a file is wrong.
        StartError: If a port is taken or there is nothing to serve.
    """
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    with _signals_to(events):
        # In a thread, because a Python signal handler waits for the main thread to be free.
        threading.Thread(target=_start, args=(server, events), name="start", daemon=True).start()
        event = events.get()
        if isinstance(event, BaseException):
            raise event
        if event is not _STARTED:
            _LOG.info("Stopped while the models were loading.")
            logging.shutdown()
            os._exit(0)
        process.settle()
        started()
        events.get()
        _LOG.info("Stopping: running requests may finish, new ones are refused.")
        server.stop()
    _LOG.info("Stopped.")


def _start(server: Server, events: queue.SimpleQueue[object]) -> None:
    try:
        server.start()
    except BaseException as error:
        events.put(error)
    else:
        events.put(_STARTED)


@contextlib.contextmanager
def _signals_to(events: queue.SimpleQueue[object]) -> Iterator[None]:
    """The first signal becomes an event; a later one does what it does to any process."""
    first: float | None = None

    def handle(number: int, _: object) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            events.put(signal.Signals(number))
        elif now - first > _SAME_SIGNAL_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
