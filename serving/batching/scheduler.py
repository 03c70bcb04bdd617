"""The threads that run batches, shared fairly by all queues of the server.

Whoever adds a call, or takes a batch, wakes at most one sleeping thread. While
batches wait only for their time to come, one thread at a time has set an alarm
for the earliest; the others sleep without a limit.
"""

import collections
import threading
import time

from serving import errors
from serving.batching.batched_call import BatchedCall, Piece
from serving.batching.queue import BatchQueue

_NEVER = float("inf")


class Scheduler:
    """A pool of threads that goes round the queues, a batch from each in turn.

    Args:
        num_threads: Batches that run at the same time, at least 1.
        name: How the threads' names begin.
    """

    def __init__(self, num_threads: int, name: str):
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._finished = threading.Condition(self._lock)
        # Queues in which calls wait; the first is the next to be asked.
        self._active: collections.deque[BatchQueue] = collections.deque()
        self._alarm = _NEVER
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}_{index}", daemon=True)
            for index in range(num_threads)
        ]
        for thread in self._threads:
            thread.start()

    def schedule(self, queue: BatchQueue, call: BatchedCall) -> None:
        """Put a call into a queue; `call.wait` gives the outcome.

        Raises:
            ServingError: If the queue does not accept it, or is closed.
        """
        with self._lock:
            if queue.is_closed or self._is_closed:
                raise errors.ServingError(
                    "UNAVAILABLE",
                    "The batch scheduling queue to which this task was submitted is closed: the "
                    "model version is being unloaded. Send the request again.",
                )
            was_empty = queue.is_empty
            queue.add(call, time.monotonic())
            if was_empty:
                self._active.append(queue)
            if queue.due() < self._alarm:
                self._wake.notify()

    def finish(self, queue: BatchQueue) -> None:
        """Close a queue: run what waits in it at once, and return when that is done."""
        with self._lock:
            queue.is_closed = True
            self._wake.notify()
            self._finished.wait_for(lambda: queue.is_empty and queue.num_running == 0)

    def close(self) -> None:
        """Run what waits in any queue, then end the threads."""
        with self._lock:
            self._is_closed = True
            for queue in self._active:
                queue.is_closed = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while self._run_next():
            pass

    def _run_next(self) -> bool:
        """Run one batch; a function, so that an idle thread keeps no model or request alive."""
        taken = self._next()
        if taken is None:
            return False
        queue, pieces = taken
        queue.process(pieces)
        with self._lock:
            queue.num_running -= 1
            if queue.is_closed:
                self._finished.notify_all()
        return True

    def _next(self) -> tuple[BatchQueue, list[Piece]] | None:
        with self._lock:
            while True:
                taken = self._take()
                if taken is not None:
                    # This thread is busy from now on; what else waits is another's concern.
                    if self._earliest() < self._alarm:
                        self._wake.notify()
                    return taken
                if self._is_closed:
                    return None
                self._sleep()

    def _take(self) -> tuple[BatchQueue, list[Piece]] | None:
        now = time.monotonic()
        for _ in range(len(self._active)):
            queue = self._active.popleft()
            if queue.due() > now:
                self._active.append(queue)
                continue
            pieces = queue.take()
            queue.num_running += 1
            if not queue.is_empty:
                self._active.append(queue)
            return queue, pieces
        return None

    def _sleep(self) -> None:
        due = self._earliest()
        if due >= self._alarm or due == _NEVER:
            self._wake.wait()
            return
        self._alarm = due
        self._wake.wait(max(0.0, due - time.monotonic()))
        # Unless another thread has meanwhile set an earlier one.
        if self._alarm == due:
            self._alarm = _NEVER

    def _earliest(self) -> float:
        return min((queue.due() for queue in self._active), default=_NEVER)
