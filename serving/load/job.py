"""What the load generator is told and what it tells, passed between processes."""

import dataclasses
from collections.abc import Mapping, Sequence

PREDICT = "/tensorflow.serving.PredictionService/Predict"
"""TensorFlow Serving's method, as gRPC's path."""


@dataclasses.dataclass(frozen=True)
class Target:
    """A method of a running server."""

    protocol: str
    """`rest` or `grpc`."""
    host: str
    """Name or address."""
    port: int
    """1 to 65535."""
    path: str = PREDICT
    """Path of the POST request; for gRPC `/<service>/<method>`."""
    pid: int | None = None
    """The server's process on this machine; None if processor time and memory cannot be known."""

    def __post_init__(self) -> None:
        if self.protocol not in ("rest", "grpc"):
            raise ValueError(f"A target's protocol is rest or grpc. Received: {self.protocol!r}")
        if not self.path.startswith("/"):
            raise ValueError(f"A target's path starts with a slash. Received: {self.path!r}")


@dataclasses.dataclass(frozen=True)
class Job:
    """One measurement."""

    target: Target
    """Who is asked."""
    payloads: Sequence[bytes]
    """Bodies of the requests, sent in turns: JSON, or serialised messages without gRPC's prefix."""
    concurrency: int
    """Callers; each sends its next request when it has the answer to the last."""
    seconds: float
    """Length of the measured window."""
    warmup_seconds: float
    """Time before the window, in which requests are sent and not measured."""
    samples: int
    """Answers to keep, at most; spread over the run."""

    def __post_init__(self) -> None:
        if not self.payloads:
            raise ValueError(
                f"`payloads` must hold at least one body to send. Received: {self.payloads!r}"
            )
        if self.concurrency < 1:
            raise ValueError(f"`concurrency` must be at least 1. Received: {self.concurrency}")
        if self.seconds <= 0 or self.warmup_seconds < 0:
            raise ValueError(
                "`seconds` must be positive and `warmup_seconds` not negative. Received: "
                f"{self.seconds} and {self.warmup_seconds}"
            )


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the generator saw."""

    latencies: Sequence[float]
    """Seconds from writing a request to having its whole answer, of each one answered with
    success inside the window."""
    seconds: float
    """Length of the window as it was."""
    span: float
    """Seconds that the answers inside it took, from answer to answer; for their rate."""
    errors: Mapping[str, int]
    """Requests that failed, warm-up included, by code: `HTTP 503`, `UNAVAILABLE`, `no answer`."""
    error_text: str
    """The server's words for the first of them; empty if there is none."""
    samples: Sequence[tuple[int, bytes]]
    """Index of the payload and the answer."""
    generator_cpu: float
    """Processor seconds of the generator inside the window."""
    server_cpu: float | None
    """Processor seconds of the server and its children inside the window."""
    server_memory: int | None
    """Bytes of memory of the server and its children at the end of the window."""
