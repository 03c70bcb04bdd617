"""A session that runs the calls of many threads together.

Source of the rules: TensorFlow Serving, `batching/batching_session.cc`. Unlike
there, inputs of different types never share a batch, so that a request with a
wrong type fails alone; and a request without rows does not wait for others.
"""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from serving import errors
from serving.batching import rows
from serving.batching.batched_call import BatchedCall, Piece
from serving.batching.parameters import BatchingParameters
from serving.batching.queue import BatchQueue
from serving.batching.scheduler import Scheduler
from serving.execution.session import Session
from serving.telemetry.request_metrics import Metrics

_METRICS = "/tensorflow/serving/batching_session"
_Key = tuple[frozenset[tuple[str, np.dtype]], frozenset[str]]


class BatchingSession:
    """A session whose `run` waits for others to share a batch with; see `Session`.

    Args:
        session: What runs the batches; this session owns it.
        parameters: Sizes and limits.
        scheduler: Threads that several sessions share.
        metrics: Where batches are counted.
    """

    def __init__(
        self,
        session: Session,
        parameters: BatchingParameters,
        scheduler: Scheduler,
        metrics: Metrics,
    ):
        self._session = session
        self._parameters = parameters
        self._scheduler = scheduler
        self._metrics = metrics
        self._queues: dict[_Key, BatchQueue] = {}

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors; see `Session.run`.

        Args:
            feeds: Arrays by tensor name; the first axis counts rows and is equally long in all.
            fetches: Names of tensors with a row for each row of the feeds.
            timeout: Seconds; a batch is given the time of the most patient of its requests.

        Returns:
            One array per fetch, with the rows of this call.

        Raises:
            ServingError: UNAVAILABLE if too much waits already, RESOURCE_EXHAUSTED if the time
                was over before the batch began, or what the batch failed with.
        """
        enqueued = time.monotonic()
        size = rows.count(feeds)
        for array in feeds.values():
            self._metrics.observe(f"{_METRICS}/input_batch_size", len(array))
        call = BatchedCall(feeds, fetches, size, enqueued, timeout)
        self._scheduler.schedule(self._queue(feeds, fetches), call)
        return call.wait()

    def close(self) -> None:
        """Run what waits, then free the session and its variables."""
        for queue in self._queues.values():
            self._scheduler.finish(queue)
        # They refer to this session: without them its memory is free as soon as nobody uses it.
        self._queues.clear()
        self._session.close()

    def _queue(self, feeds: Mapping[str, np.ndarray], fetches: Sequence[str]) -> BatchQueue:
        key = (
            frozenset([(name, array.dtype) for name, array in feeds.items()]),
            frozenset(fetches),
        )
        queue = self._queues.get(key)
        if queue is not None:
            return queue
        names, wanted = sorted(feeds), sorted(set(fetches))
        new = BatchQueue(self._parameters, lambda pieces: self._process(names, wanted, pieces))
        # One step, so that two threads get the same queue.
        return self._queues.setdefault(key, new)

    def _process(self, names: list[str], wanted: list[str], pieces: list[Piece]) -> None:
        """Run a batch and tell every caller; what goes wrong is raised to all of them."""
        try:
            outputs = self._run_batch(names, wanted, pieces)
        except Exception as error:
            for piece in pieces:
                piece.call.finish(piece.start, error)
            return
        start = 0
        for piece in pieces:
            stop = start + piece.size
            values = [outputs[name][start:stop] for name in piece.call.fetches]
            piece.call.finish(piece.start, values)
            start = stop

    def _run_batch(
        self, names: list[str], wanted: list[str], pieces: list[Piece]
    ) -> dict[str, np.ndarray]:
        timeout = self._remaining_seconds(pieces)
        num_rows = sum(piece.size for piece in pieces)
        # Nothing to repeat where there is no row.
        padded_size = self._parameters.round_up(num_rows) if num_rows else 0
        num_padding = padded_size - num_rows
        self._metrics.observe(
            f"{_METRICS}/padding_size", num_padding, execution_batch_size=str(padded_size)
        )
        self._metrics.observe(f"{_METRICS}/processed_batch_size", padded_size)
        pad_lengths = self._parameters.pad_variable_length_inputs
        feeds = {
            name: rows.merge(name, [piece.feed(name) for piece in pieces], num_padding, pad_lengths)
            for name in names
        }
        try:
            outputs = self._session.run(feeds, wanted, timeout)
        finally:
            self._metrics.increment(f"{_METRICS}/wrapped_run_count")
        rows.check_outputs(outputs, padded_size)
        return dict(zip(wanted, outputs, strict=True))

    def _remaining_seconds(self, pieces: list[Piece]) -> float | None:
        now = time.monotonic()
        for piece in pieces:
            # TensorFlow Serving never learns the pool's name here either.
            self._metrics.observe(
                f"{_METRICS}/queuing_latency",
                (now - piece.call.enqueued) * 1e6,
                thread_pool_name="",
            )
        deadline = max(piece.call.deadline for piece in pieces)
        if deadline <= now:
            raise errors.ServingError(
                "RESOURCE_EXHAUSTED", "Run() timeout exceeded while waiting in batching queue"
            )
        return None if deadline == float("inf") else deadline - now
