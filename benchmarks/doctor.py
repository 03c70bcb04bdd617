"""Does the doctor find planted faults, and does it leave healthy configs alone?

    python -m benchmarks.doctor [--only WORD] [--workspace FOLDER]

Faults are planted into small text and image tasks: into columns, batches, models and trainings.
Found is a fault that the check with its name warns of or fails at; false alarms are healthy cases
in which any check fails, which is what would stop a run. Warnings on healthy cases are counted
beside that. Takes ten to twenty minutes on two cores.
"""

import json
import os
import pathlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from rich.console import Console

os.environ["TF_USE_LEGACY_KERAS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import doctor_case, doctor_faults, doctor_healthy
from components.doctor.finding import Finding


@click.command()
@click.option("--only", default="", help="Cases whose name has this word.")
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder for samples and the result.",
)
def main(only: str, workspace: pathlib.Path) -> None:
    """Examine every case and print what was found."""
    terminal = Console(highlight=False)
    samples = str(workspace / "samples")
    outcomes = []
    for case, patterns in _cases():
        if only in case.name:
            begun = time.monotonic()
            said = doctor_case.examine(case, samples)
            outcome = _outcome(case, patterns, said, time.monotonic() - begun)
            outcomes.append(outcome)
            terminal.print(_line(outcome), markup=False, soft_wrap=True)
    target = workspace / "benchmarks" / "doctor.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(outcomes, indent=2), "utf-8")
    _sum_up(outcomes, terminal)
    terminal.print(str(target), style="dim")


def _cases() -> Iterator[tuple[doctor_case.Case, tuple[str, ...]]]:
    """Every case with the patterns that its curves must show."""
    yield from ((case, ()) for case in doctor_faults.FAULTS)
    yield from doctor_faults.CURVES
    yield from ((case, ()) for case in doctor_healthy.HEALTHY)


def _outcome(
    case: doctor_case.Case, patterns: Sequence[str], said: Sequence[Finding], seconds: float
) -> dict[str, Any]:
    """What became of a case, JSON-able."""
    bad = {
        verdict: [_name(one) for one in said if one.verdict == verdict]
        for verdict in ("fail", "warn")
    }
    expected = [*case.expected, *(f"learning_curves ({pattern})" for pattern in patterns)]
    if expected:
        is_found = bool({*bad["fail"], *bad["warn"]} & set(expected))
        result = "found" if is_found else "not found"
    else:
        result = "false alarm" if bad["fail"] else "warned" if bad["warn"] else "quiet"
    return {"case": case.name, "expected": expected, "result": result, **bad, "seconds": seconds}


def _name(one: Finding) -> str:
    """The check; of curves also the pattern."""
    pattern = one.figures.get("pattern")
    return f"{one.check} ({pattern})" if pattern else one.check


def _line(outcome: Mapping[str, Any]) -> str:
    told = [f"{name}: {', '.join(outcome[name])}" for name in ("fail", "warn") if outcome[name]]
    return f"{outcome['result']:<11} {outcome['case']}: {'; '.join(told) or 'nothing'}"


def _sum_up(outcomes: Sequence[Mapping[str, Any]], terminal: Console) -> None:
    """Counts, as the table of the results has them."""
    counts = Counter(outcome["result"] for outcome in outcomes)
    faults = counts["found"] + counts["not found"]
    healthy = len(outcomes) - faults
    terminal.print(
        f"\nfaults: {counts['found']} of {faults} found; healthy: {counts['false alarm']} false "
        f"alarms, {counts['warned']} warned, {counts['quiet']} quiet of {healthy}",
        style="bold",
    )


if __name__ == "__main__":
    main()
