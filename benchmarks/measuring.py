"""Run a command in a process of its own and measure it."""

import dataclasses
import os
import pathlib
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One run of one contender."""

    wall: float
    """Seconds from start to exit."""
    cpu: float
    """Processor seconds of the process and its children; disturbed less by a busy machine."""
    exit_code: int
    """0 if it succeeded; negative: the signal that killed it."""
    peak_mib: float
    """Largest resident memory of the process."""
    log: str
    """File with all it printed."""


def run(
    command: Sequence[str],
    log: pathlib.Path,
    cwd: pathlib.Path,
    env: Mapping[str, str],
    timeout: float,
) -> Measurement:
    """Run a command to its end.

    Args:
        command: Program and arguments.
        log: Where its output goes.
        cwd: Folder to start in.
        env: Variables set in addition to this process's own.
        timeout: Seconds after which it is killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as file:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, cwd=cwd, env={**os.environ, **env}
        )
        killer = threading.Timer(timeout, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Measurement(wall, cpu, process.returncode, usage.ru_maxrss / 1024, str(log))


def median(measurements: Sequence[Measurement], field: str = "wall") -> float | None:
    """Median of a field over the runs that succeeded; None if there is none."""
    values = [getattr(m, field) for m in measurements if m.exit_code == 0]
    return statistics.median(values) if values else None
