"""One caller's work, whole or in pieces, and the caller's wait for it."""

import dataclasses
import threading
from collections.abc import Mapping, Sequence

import numpy as np

from serving import errors


class BatchedCall:
    """A call of `Session.run` that waits for its turn in a batch.

    Args:
        feeds: Arrays by tensor name; each has `size` rows.
        fetches: Names of the wanted tensors, in the caller's order.
        size: Rows, at least 0.
        enqueued: When the caller came, in seconds of `time.monotonic`.
        timeout: Seconds after `enqueued` for which the caller wants the answer; None means
            for ever.
    """

    __slots__ = (
        "_done", "_error", "_guard", "_num_missing", "_values", "deadline", "enqueued", "feeds",
        "fetches", "size",
    )  # fmt: skip

    def __init__(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        size: int,
        enqueued: float,
        timeout: float | None = None,
    ):
        self.feeds = feeds
        self.fetches = fetches
        self.size = size
        self.enqueued = enqueued
        self.deadline = float("inf") if timeout is None else enqueued + timeout
        self._values: dict[int, list[np.ndarray]] = {}
        self._error: Exception | None = None
        self._num_missing = 0
        self._guard = threading.Lock()
        # A bare lock, released once, is the cheapest thing a thread can wait for.
        self._done = threading.Lock()
        self._done.acquire()

    def cut(self, sizes: Sequence[int]) -> list["Piece"]:
        """Divide the rows; each piece must be finished once.

        Args:
            sizes: Rows of each piece; they add up to `size`.
        """
        self._num_missing = len(sizes)
        pieces, start = [], 0
        for size in sizes:
            pieces.append(Piece(self, start, start + size))
            start += size
        return pieces

    def finish(self, start: int, outcome: list[np.ndarray] | Exception) -> None:
        """Deliver one piece; the last one wakes the caller.

        Args:
            start: First row of the piece.
            outcome: One array per fetch, or why there is none.
        """
        with self._guard:
            if isinstance(outcome, Exception):
                self._error = self._error or outcome
            else:
                self._values[start] = outcome
            self._num_missing -= 1
            is_complete = self._num_missing == 0
        if is_complete:
            self._done.release()

    def wait(self) -> list[np.ndarray]:
        """Sleep until all pieces are finished.

        Returns:
            One array per fetch.

        Raises:
            ServingError: What a batch of this call failed with.
            RuntimeError: If it failed by a defect, which is the cause.
        """
        self._done.acquire()
        if self._error is not None:
            raise _copy(self._error) from self._error
        pieces = [self._values[start] for start in sorted(self._values)]
        if len(pieces) == 1:
            return pieces[0]
        return [np.concatenate(arrays) for arrays in zip(*pieces, strict=True)]


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a call, all in the same batch."""

    call: BatchedCall
    """Whose rows they are."""
    start: int
    """First row."""
    stop: int
    """Row after the last."""

    @property
    def size(self) -> int:
        """Rows."""
        return self.stop - self.start

    def feed(self, name: str) -> np.ndarray:
        """The rows of one input."""
        return self.call.feeds[name][self.start : self.stop]


def _copy(error: Exception) -> Exception:
    # Several threads raise it, and raising writes a traceback into the exception.
    if isinstance(error, errors.ServingError):
        return errors.ServingError(error.code, error.text)
    return RuntimeError(f"The batch that this request was part of failed: {error!r}")
