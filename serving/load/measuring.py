"""Closed-loop load: N callers, each sending its next request when it has its answer."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from serving.load import child
from serving.load.job import Job, Outcome, Target

Check = Callable[[int, bytes], str]
"""Payload's index and the answer to it, to what is wrong with it; empty if nothing is."""

_SAMPLES = 256


class LoadError(Exception):
    """The generator could not ask at all."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What a load measured. Latencies and rates are of requests answered with success."""

    requests: int
    """Answered inside the window."""
    requests_per_second: float
    """Of them, by the time from answer to answer; see `Tally.span`."""
    p50_ms: float | None
    """Median latency in ms; None if nothing was answered."""
    p95_ms: float | None
    """95th percentile in ms."""
    p99_ms: float | None
    """99th percentile in ms."""
    errors: Mapping[str, int]
    """Failed requests by code, the warm-up's included."""
    error_text: str
    """The first failure, in the server's words."""
    checked: int
    """Answers that were compared with what was expected."""
    wrong: int
    """Those that differed."""
    wrong_text: str
    """How the first of them differed."""
    generator_cpus: float
    """Processors the generator kept busy; what it took from a server on the same machine."""
    server_cpus: float | None
    """Processors the server kept busy; None if its process is not known."""
    server_memory_mib: float | None
    """Memory of the server and its children in MiB, at the end."""

    @property
    def is_clean(self) -> bool:
        """Whether every request was answered, and every compared answer was right."""
        return not self.errors and not self.wrong and self.requests > 0


def measure(
    target: Target,
    payloads: Sequence[bytes],
    concurrency: int,
    seconds: float,
    warmup_seconds: float = 1.0,
    *,
    check: Check | None = None,
) -> Result:
    """Ask a server from a process of its own.

    Args:
        target: Who is asked.
        payloads: Bodies of the requests, sent in turns.
        concurrency: Callers, at least 1. Over REST each has a connection, over gRPC 100 share one.
        seconds: Length of the measured window.
        warmup_seconds: Time before it, in which requests are sent and not measured.
        check: Compares answers; given up to 256, spread over the whole run, after it.

    Raises:
        LoadError: If nobody listens at the target.
        ValueError: If an argument is impossible.
    """
    samples = 0 if check is None else _SAMPLES
    job = Job(target, list(payloads), concurrency, seconds, warmup_seconds, samples)
    try:
        outcome = child.call("serving.load.generator", job)
    except child.ChildError as error:
        where = f"{target.protocol} at {target.host}:{target.port}"
        raise LoadError(f"Cannot measure {where}: {error}") from error
    return summarize(outcome, check)


def summarize(outcome: Outcome, check: Check | None) -> Result:
    """What a run comes to.

    Args:
        outcome: What the generator saw.
        check: Compares the answers it kept.
    """
    latencies = np.array(outcome.latencies) * 1000
    p50, p95, p99 = (
        np.percentile(latencies, [50, 95, 99]).tolist() if len(latencies) else [None] * 3
    )
    texts = [check(index, answer) for index, answer in outcome.samples] if check else []
    wrong = [text for text in texts if text]
    cpu, memory = outcome.server_cpu, outcome.server_memory
    return Result(
        requests=len(latencies),
        requests_per_second=len(latencies) / outcome.span,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        errors=outcome.errors,
        error_text=outcome.error_text,
        checked=len(texts),
        wrong=len(wrong),
        wrong_text=wrong[0] if wrong else "",
        generator_cpus=outcome.generator_cpu / outcome.seconds,
        server_cpus=None if cpu is None else cpu / outcome.seconds,
        server_memory_mib=None if memory is None else memory / 2**20,
    )
