"""KerasTuner's environment variables, which join several machines to one search."""

from __future__ import annotations

from collections.abc import Mapping


def chief_port(environment: Mapping[str, str]) -> int:
    """The port that the chief listens on; 0, any, for a search on this machine alone.

    Args:
        environment: Of the process.

    Raises:
        ValueError: If others must reach the chief and there is no such port.
    """
    if "KERASTUNER_ORACLE_IP" not in environment:
        return 0
    given = environment.get("KERASTUNER_ORACLE_PORT")
    if given is None or not given.isdecimal() or not 0 < int(given) < 2**16:
        raise ValueError(
            "KERASTUNER_ORACLE_IP is set, so this process belongs to a search on several machines, "
            "and KERASTUNER_ORACLE_PORT must be the port that its chief listens on, 1 to 65535. "
            f"Received: KERASTUNER_ORACLE_PORT={given!r}. Set the same on all machines, as in "
            "KERASTUNER_ORACLE_PORT=8500, or unset both for a search on this one."
        )
    return int(given)
