"""Processor time and memory of a process and its children, from Linux's /proc."""

import os
import pathlib
import re

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = pathlib.Path("/proc")


def family(pid: int) -> list[int]:
    """A process and all below it that are alive.

    Args:
        pid: Its number.
    """
    found, unread = [], [pid]
    while unread:
        member = unread.pop()
        found.append(member)
        for path in (_PROC / str(member) / "task").glob("*/children"):
            unread += map(int, _read(path).split())
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time so far; children that have ended count if they were waited for.

    Args:
        pid: Number of the process at the top.
    """
    total = 0
    for member in family(pid):
        # After the name, which is in brackets and may hold blanks: state is field 3.
        fields = _read(_PROC / str(member) / "stat").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory; what several processes share counts once, in parts.

    Args:
        pid: Number of the process at the top.
    """
    total = 0
    for member in family(pid):
        found = re.search(r"^Pss:\s+(\d+) kB", _read(_PROC / str(member) / "smaps_rollup"), re.M)
        total += int(found[1]) * 1024 if found else 0
    return total


def _read(path: pathlib.Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # It ended meanwhile.
        return ""
