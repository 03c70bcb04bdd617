"""Does the doctor find planted faults, and does it leave healthy configs alone?

    python -m benchmarks.doctor [--set known|unseen|healthy] [--only WORD] [--workspace FOLDER]

Faults are planted into small text and image tasks: into columns, batches, models and trainings.
Thresholds may be set on the known faults and the healthy cases only, never on the unseen faults,
which somebody made who had not read the checks: their share says what to expect of faults that
nobody had in mind.

A known fault is found if the check with its name warns or fails, an unseen one if a finding that
warns or fails speaks of its subject (`Case.is_about`). How often the same words would have matched
a finding on a healthy case of the same kind is counted beside it. False alarms are healthy cases in
which any check fails, which is what would stop a run; those that warn are counted, too. All
intervals are Wilson's at 95 %. Takes half an hour on two cores.
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
from scipy import stats

os.environ["TF_USE_LEGACY_KERAS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.doctor import case as doctor_case
from benchmarks.doctor import faults as doctor_faults
from benchmarks.doctor import healthy as doctor_healthy
from benchmarks.doctor import text_faults, unseen, unseen_training
from components.doctor.finding import Finding

SETS = ("known", "unseen", "healthy")


@click.command()
@click.option("--set", "chosen", type=click.Choice(SETS), help="One set of cases; all if left out.")
@click.option("--only", default="", help="Cases whose name has this word.")
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder for samples and the result.",
)
def main(chosen: str | None, only: str, workspace: pathlib.Path) -> None:
    """Examine every case and print what was found."""
    terminal = Console(highlight=False)
    outcomes = []
    for which, group, case, patterns in _cases():
        if only in case.name and chosen in (None, which):
            outcome = {"set": which, "group": group, **_examined(which, case, patterns, workspace)}
            outcomes.append(outcome)
            terminal.print(_line(outcome), markup=False, soft_wrap=True)
    target = workspace / "benchmarks" / f"doctor{f'_{chosen}' if chosen else ''}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(outcomes, indent=2, ensure_ascii=False), "utf-8")
    _sum_up(outcomes, terminal)
    terminal.print(str(target), style="dim")


def _cases() -> Iterator[tuple[str, str, doctor_case.Case, tuple[str, ...]]]:
    """Every case: its set, its group within it, and the patterns that its curves must show."""
    for case in doctor_faults.FAULTS:
        yield "known", "data and models", case, ()
    for case in text_faults.TEXT_FAULTS:
        yield "known", "texts and labels", case, ()
    for case, patterns in doctor_faults.CURVES:
        yield "known", "curves", case, patterns
    for group, cases in {**unseen.IN_DATA, **unseen_training.IN_TRAINING}.items():
        for case in cases:
            yield "unseen", group, case, ()
    for case in doctor_healthy.HEALTHY:
        yield "healthy", case.kind, case, ()


def _examined(
    which: str, case: doctor_case.Case, patterns: Sequence[str], workspace: pathlib.Path
) -> dict[str, Any]:
    """What became of a case, JSON-able."""
    begun = time.monotonic()
    said = doctor_case.examine(case, str(workspace / "samples"))
    bad = [one for one in said if one.verdict != "pass"]
    expected = [*case.expected, *(f"learning_curves ({pattern})" for pattern in patterns)]
    names = {verdict: _names(bad, verdict) for verdict in ("fail", "warn")}
    if which == "healthy":
        result = "false alarm" if names["fail"] else "warned" if bad else "quiet"
    else:
        is_found = any(_name(one) in expected or _is_about(case, one) for one in bad)
        result = "found" if is_found else "not found"
    return {
        "case": case.name,
        "kind": case.kind,
        "expected": expected,
        "result": result,
        **names,
        "said": {_name(one): f"{one.evidence} {one.meaning}" for one in bad},
        "by_chance": _matches(bad, case.kind) if which == "healthy" else [],
        "seconds": time.monotonic() - begun,
    }


def _is_about(case: doctor_case.Case, one: Finding) -> bool:
    return bool(case.about) and case.is_about(one)


def _matches(findings: Sequence[Finding], kind: str) -> list[str]:
    """Unseen faults of a kind whose words are in a finding, though none of them is there."""
    cases = [case for which, _, case, _ in _cases() if which == "unseen" and case.kind == kind]
    return [case.name for case in cases if any(map(case.is_about, findings))]


def _names(findings: Sequence[Finding], verdict: str) -> list[str]:
    return [_name(one) for one in findings if one.verdict == verdict]


def _name(one: Finding) -> str:
    """The check; of curves also the pattern."""
    pattern = one.figures.get("pattern")
    return f"{one.check} ({pattern})" if pattern else one.check


def _line(outcome: Mapping[str, Any]) -> str:
    told = [f"{name}: {', '.join(outcome[name])}" for name in ("fail", "warn") if outcome[name]]
    return f"{outcome['result']:<11} {outcome['case']}: {'; '.join(told) or 'nothing'}"


def _sum_up(outcomes: Sequence[Mapping[str, Any]], terminal: Console) -> None:
    """Shares of each set, as the results have them."""
    terminal.print()
    for which in ("known", "unseen"):
        faults = [outcome for outcome in outcomes if outcome["set"] == which]
        if faults:
            terminal.print(f"{which} faults found: {_share(faults, 'found')}", style="bold")
            for group in dict.fromkeys(outcome["group"] for outcome in faults):
                those = [outcome for outcome in faults if outcome["group"] == group]
                terminal.print(f"  {group}: {_count(those, 'found')} of {len(those)}")
    healthy = [outcome for outcome in outcomes if outcome["set"] == "healthy"]
    if healthy:
        terminal.print(f"false alarms: {_share(healthy, 'false alarm')}", style="bold")
        terminal.print(f"  warned, but not failed: {_share(healthy, 'warned')}")
        chances = Counter(outcome["kind"] for outcome in healthy)
        pairs = sum(chances[case.kind] for which, _, case, _ in _cases() if which == "unseen")
        matched = sum(len(outcome["by_chance"]) for outcome in healthy)
        terminal.print(
            f"  words of an unseen fault match a finding on a healthy case: {matched} of {pairs} "
            f"pairs"
        )


def _count(outcomes: Sequence[Mapping[str, Any]], result: str) -> int:
    return sum(outcome["result"] == result for outcome in outcomes)


def _share(outcomes: Sequence[Mapping[str, Any]], result: str) -> str:
    """A share with its 95 % Wilson interval."""
    count = _count(outcomes, result)
    interval = stats.binomtest(count, len(outcomes)).proportion_ci(method="wilson")
    return (
        f"{count} of {len(outcomes)}, {count / len(outcomes):.1%} "
        f"(95 % interval {interval.low:.1%} to {interval.high:.1%})"
    )


if __name__ == "__main__":
    main()
