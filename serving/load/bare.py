"""The limit: a SavedModel called without a server, in a process of its own.

What a server can reach at most is the throughput of full batches; what it must at least take for
one request is the time of a batch of one.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from serving.load import child
from serving.load.examples import Examples


@dataclasses.dataclass(frozen=True)
class BareJob:
    """What to call."""

    model_dir: pathlib.Path
    """Folder with `saved_model.pb`."""
    examples: Examples | None
    """What to ask; None makes it up for the signature `serving_default`."""
    batch_sizes: Sequence[int]
    """Rows per call, each measured."""
    callers: Sequence[int] = (1, 2)
    """Threads that call at the same time, each measured."""
    seconds: float = 2.0
    """Time for each pair of them."""
    num_synthetic: int = 64
    """Rows to make up."""


@dataclasses.dataclass(frozen=True)
class BareRate:
    """Calls of one size."""

    batch_size: int
    """Rows per call."""
    callers: int
    """Threads."""
    rows_per_second: float
    """Of all threads."""
    p50_ms: float
    """Median time of one call."""


@dataclasses.dataclass(frozen=True)
class BareResult:
    """What the calls showed."""

    examples: Examples
    """What was asked, with the outputs of this process."""
    is_synthetic: bool
    """Whether they were made up."""
    rates: Sequence[BareRate]
    """One per batch size and number of callers."""
    memory_mib: float
    """Of the process in MiB."""

    def limit(self, batch_size: int) -> float:
        """Rows per second of calls of this size, with whichever number of callers is best."""
        return max(rate.rows_per_second for rate in self.rates if rate.batch_size == batch_size)

    def call_ms(self) -> float:
        """Median of one row by itself."""
        (rate,) = (r for r in self.rates if r.batch_size == 1 and r.callers == 1)
        return rate.p50_ms


def measure(job: BareJob) -> BareResult:
    """Call the model in a fresh process.

    Args:
        job: What to call.

    Raises:
        ChildError: If the model does not load or refuses the examples.
    """
    return child.call("serving.load.bare_process", job)
