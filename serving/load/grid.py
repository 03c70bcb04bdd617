"""One server under several loads: protocols, numbers of callers."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from serving.load import measuring
from serving.load.job import Target
from serving.load.measuring import Result
from serving.load.payloads import Payloads

CALLERS = (1, 8, 64)
"""Numbers of callers that are measured if nothing else is asked for."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One server, one protocol, one number of callers."""

    server: str
    """What answered, in words."""
    protocol: str
    """`rest` or `grpc`."""
    callers: int
    """How many asked at a time."""
    result: Result
    """What was measured."""


@dataclasses.dataclass(frozen=True)
class Grid:
    """The loads that every server of a comparison gets."""

    callers: Sequence[int] = CALLERS
    """Numbers of callers, each at least 1."""
    seconds: float = 5.0
    """Measured window of each load."""
    warmup_seconds: float = 1.0
    """Time before each window; before the first one of a server there is half a window more."""


def run(
    server: str,
    asked: Mapping[str, tuple[Target, Payloads]],
    grid: Grid,
    progress: Callable[[Measurement], None],
) -> list[Measurement]:
    """Measure a running server.

    Args:
        server: What it is, in words.
        asked: Where and what to ask, by protocol.
        grid: The loads.
        progress: Told every row as it is done.

    Raises:
        LoadError: If nobody listens at a target.
    """
    rows = []
    for protocol, (target, payloads) in asked.items():
        # New batch sizes are slow the first time; every size has been met after this.
        measuring.measure(target, payloads.bodies, max(grid.callers), grid.seconds / 2, 0.0)
        for callers in grid.callers:
            result = measuring.measure(
                target,
                payloads.bodies,
                callers,
                grid.seconds,
                grid.warmup_seconds,
                check=payloads.check,
            )
            rows.append(Measurement(server, protocol, callers, result))
            progress(rows[-1])
    return rows
