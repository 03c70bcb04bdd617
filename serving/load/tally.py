"""Hands out payloads and counts answers; what both protocols' callers share."""

import collections
import itertools
import time
from collections.abc import Sequence

_MOST_KEPT_BYTES = 1 << 25


class Tally:
    """Counts one run.

    Args:
        payloads: Sent in turns.
        samples: Answers to keep, at most.

    Attributes:
        latencies: Seconds, of answers inside the window.
        errors: Failed requests by code.
        error_text: Text of the first failure.
        samples: Payload's index and answer.
        is_stopped: Whether callers are to send nothing more.
    """

    def __init__(self, payloads: Sequence[bytes], samples: int):
        self.latencies: list[float] = []
        self.errors: collections.Counter[str] = collections.Counter()
        self.error_text = ""
        self.samples: list[tuple[int, bytes]] = []
        self.is_stopped = False
        self._payloads = payloads
        self._num_samples = samples
        self._num_sent = 0
        self._num_answered = 0
        self._sample_every = 1
        self._kept_bytes = 0
        self._is_open = False
        self._opened = self._closed = 0.0
        self._before: float | None = None
        self._times: list[float] = []

    def open(self, now: float) -> None:
        """Begin the measured window, at a time of `time.perf_counter()`."""
        self._is_open = True
        self._opened = now

    def close(self, now: float) -> None:
        """End the window and stop the callers."""
        self._is_open = False
        self.is_stopped = True
        self._closed = now

    def span(self) -> float:
        """Seconds that the window's answers took.

        From answer to answer, because they come in batches: in eight seconds there are 15 or 16
        batches of half a second, by chance. It starts with the last answer before the window and
        ends with the last one inside, unless the silence after that is longer than any before.
        """
        start = self._opened if self._before is None else self._before
        if not self._times:
            return self._closed - self._opened
        times = [start, *self._times]
        longest = max(after - before for before, after in itertools.pairwise(times))
        is_silent = self._closed - times[-1] > longest
        return (self._closed if is_silent else times[-1]) - start

    def next_index(self) -> int:
        """Index of the payload to send now."""
        index = self._num_sent % len(self._payloads)
        self._num_sent += 1
        return index

    def answered(self, index: int, started: float, answer: bytes) -> None:
        """Count a success.

        Args:
            index: Of the payload.
            started: `time.perf_counter()` when the request was written.
            answer: Its body.
        """
        now = time.perf_counter()
        if self._is_open:
            self.latencies.append(now - started)
            self._times.append(now)
        else:
            self._before = now
        if self._num_samples and self._num_answered % self._sample_every == 0:
            self.samples.append((index, answer))
            self._kept_bytes += len(answer)
            if len(self.samples) > self._num_samples or self._kept_bytes > _MOST_KEPT_BYTES:
                self._thin_out()
        self._num_answered += 1

    def failed(self, code: str, text: str) -> None:
        """Count a failure.

        Args:
            code: What it is counted under.
            text: The server's words.
        """
        self.errors[code] += 1
        self.error_text = self.error_text or text

    def _thin_out(self) -> None:
        """Forget every second sample, and keep half as many from now on."""
        del self.samples[1::2]
        self._kept_bytes = sum(len(answer) for _, answer in self.samples)
        self._sample_every *= 2
