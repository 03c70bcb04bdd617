"""When to ask again, and how long all of it may take."""

import dataclasses
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from serving.client.errors import ClientError

_ResultT = TypeVar("_ResultT")


@dataclasses.dataclass(frozen=True)
class Retries:
    """How a request that failed for a passing reason is repeated.

    Passing reasons are: nobody listens, the connection broke before the answer, 502, 503 or
    UNAVAILABLE, and 429 or RESOURCE_EXHAUSTED. Everything else is told at once.

    Source:
        "Full jitter" of M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015).
        Different is that the time a server asks for (`Retry-After`) is waited at least.
    """

    attempts: int = 4
    """How often a request is sent at most, from 1, which never repeats it."""
    first_delay: float = 0.1
    """Longest wait in seconds before the second attempt; it doubles with each one."""
    max_delay: float = 5.0
    """Longest wait in seconds before any attempt."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"`attempts` must be at least 1. Received: {self.attempts}")
        if not 0 <= self.first_delay <= self.max_delay:
            raise ValueError(
                "Delays must satisfy 0 <= first_delay <= max_delay. "
                f"Received: first_delay={self.first_delay}, max_delay={self.max_delay}"
            )

    def delay(self, failures: int, rng: random.Random) -> float:
        """Seconds to wait after so many failures in a row, from 1."""
        return rng.uniform(0, min(self.max_delay, self.first_delay * 2 ** (failures - 1)))


class Deadline:
    """The end of one call, retries included.

    Args:
        seconds: From now on; must be positive.
        address: Who is asked, for the error.
        clock: Monotonic seconds.

    Raises:
        ValueError: If `seconds` is not positive.
    """

    def __init__(self, seconds: float, address: str, clock: Callable[[], float] = time.monotonic):
        if not seconds > 0:
            raise ValueError(f"`timeout` must be more than 0 seconds. Received: {seconds!r}")
        self._seconds = seconds
        self._address = address
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds that remain.

        Raises:
            ClientError: If none do.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise self.passed()
        return left

    def has(self, seconds: float) -> bool:
        """Whether more than so many seconds remain."""
        return self._end - self._clock() > seconds

    def passed(self) -> ClientError:
        """The error of a call that took too long."""
        text = f"{self._address} did not answer within {self._seconds:g} seconds."
        return ClientError(text, "DEADLINE_EXCEEDED")


async def persist(
    attempt: Callable[[], Awaitable[_ResultT]],
    retries: Retries,
    deadline: Deadline,
    rng: random.Random,
    sleep: Callable[[float], Awaitable[None]],
) -> _ResultT:
    """Try until it works, is hopeless, or the deadline leaves no time for another attempt.

    Raises:
        ClientError: Of the last attempt.
    """
    failures = 0
    while True:
        try:
            return await attempt()
        except ClientError as error:
            failures += 1
            pause = max(retries.delay(failures, rng), error.retry_after or 0.0)
            if not error.is_transient or failures >= retries.attempts or not deadline.has(pause):
                raise
        await sleep(pause)
