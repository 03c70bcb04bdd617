"""Calls of one kind, put together to batches in the order they come.

Not thread-safe: the scheduler calls it under its lock. Source of the rules and
texts: TensorFlow, `core/kernels/batching_util/shared_batch_scheduler.h`.
"""

import collections
from collections.abc import Callable

from serving import errors
from serving.batching.batched_call import BatchedCall, Piece
from serving.batching.parameters import BatchingParameters

_FULL = "The batch scheduling queue to which this task was submitted is full; "
_NOW = float("-inf")


class _Batch:
    __slots__ = ("pieces", "size", "started")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0
        self.started = _NOW


class BatchQueue:
    """The batches of one signature of one model version.

    Args:
        parameters: Sizes and limits.
        process: Runs the pieces of a batch and finishes each; it must not raise.
    """

    def __init__(self, parameters: BatchingParameters, process: Callable[[list[Piece]], None]):
        self.process = process
        self.num_running = 0
        self.is_closed = False
        self._parameters = parameters
        # The last one is open: it may get more rows. It is always there, at first empty.
        self._batches = collections.deque([_Batch()])

    @property
    def is_empty(self) -> bool:
        """Whether no call waits."""
        return len(self._batches) == 1 and not self._batches[0].pieces

    def add(self, call: BatchedCall, now: float) -> None:
        """Accept a call.

        Args:
            call: Its rows are put into the open batch and, where needed, new ones.
            now: Seconds of `time.monotonic`.

        Raises:
            ServingError: INVALID_ARGUMENT if it is too large, UNAVAILABLE if there is no room.
        """
        self._check_room(call.size)
        limit = self._parameters.execution_batch_size
        for piece in call.cut(self._sizes(call.size)):
            batch = self._batches[-1]
            if batch.size + piece.size > limit:
                batch = _Batch()
                self._batches.append(batch)
            if not batch.pieces:
                batch.started = now
            batch.pieces.append(piece)
            batch.size += piece.size

    def due(self) -> float:
        """When the next batch may be taken, in seconds of `time.monotonic`.

        Returns:
            Minus infinity for at once; infinity while no call waits.
        """
        if len(self._batches) > 1:
            return _NOW
        batch = self._batches[0]
        if not batch.pieces:
            return float("inf")
        if self.is_closed or batch.size >= self._parameters.execution_batch_size:
            return _NOW
        return batch.started + self._parameters.batch_timeout_micros / 1e6

    def take(self) -> list[Piece]:
        """Remove the oldest batch, open or not."""
        batch = self._batches.popleft()
        if not self._batches:
            self._batches.append(_Batch())
        return batch.pieces

    def _sizes(self, size: int) -> list[int]:
        """Rows of each piece: what fits into the open batch, then full batches, then the rest."""
        limit = self._parameters.execution_batch_size
        room = limit - self._batches[-1].size
        if size <= room or not self._parameters.enable_large_batch_splitting:
            return [size]
        sizes = [room] if room else []
        full, rest = divmod(size - room, limit)
        return sizes + [limit] * full + ([rest] if rest else [])

    def _check_room(self, size: int) -> None:
        limit = self._parameters.max_batch_size
        if size > limit:
            raise errors.invalid_argument(
                f"Task size {size} is larger than maximum input batch size {limit}"
            )
        if self._parameters.enable_large_batch_splitting:
            self._check_capacity(size)
        elif self._batches[-1].size + size > limit:
            most = max(1, self._parameters.max_enqueued_batches)
            if len(self._batches) >= most:
                raise errors.ServingError(
                    "UNAVAILABLE",
                    f"{_FULL}currently {len(self._batches)} batches enqueued and "
                    f"max_enqueued_batches is {most}",
                )

    def _check_capacity(self, size: int) -> None:
        limit = self._parameters.execution_batch_size
        most, open_size = self._parameters.max_enqueued_batches, self._batches[-1].size
        capacity = (most - len(self._batches)) * limit + limit - open_size
        if size > capacity:
            raise errors.ServingError(
                "UNAVAILABLE",
                f"{_FULL}task size is {size} but scheduling capacity is only {capacity} "
                f"(num_enqueued_batches={len(self._batches)}, max_enqueued_batches={most}, "
                f"open_batch_size={open_size}, max_execution_batch_size={limit})",
            )
