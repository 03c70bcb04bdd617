"""Findings of the doctor for a person in front of a terminal."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Sequence

from rich import padding, text
from rich.console import Console

from components.doctor import finding, stage
from components.doctor.finding import Examination, Finding, Verdict
from pipeline import paths
from pipeline.display import run_view

_MARKS: dict[Verdict, tuple[str, str]] = {
    "pass": ("✓", "green"),
    "warn": ("!", "yellow"),
    "fail": ("✗", "red"),
}
_INDENT = 4


def show(name: str, examined: Examination, folder: pathlib.Path, terminal: Console) -> None:
    """Print every finding: in one line what passed, then in full what did not, the worst last.

    Args:
        name: Of the pipeline.
        examined: What was found, and what there was nothing to look at for.
        folder: Where JSON and figures are.
        terminal: Where to print.
    """
    findings = examined.findings
    terminal.print(f"\n{name}: {_count(findings)}", style="bold", markup=False)
    for one in findings:
        if one.verdict == "pass":
            _show_passed(one, terminal)
    _show_not_applicable(examined, terminal)
    show_bad(findings, terminal)
    terminal.print()
    for file in (stage.FINDINGS, stage.FIGURES):
        if (folder / file).is_file():
            run_view.print_line(terminal, paths.shown(folder / file), "dim")


def show_bad(findings: Sequence[Finding], terminal: Console) -> None:
    """Print warnings and failures in full, the worst last, where a person looks first.

    Args:
        findings: What was found.
        terminal: Where to print.
    """
    for one in reversed(finding.at_least(findings, "warn")):
        _show_whole(one, terminal)


def _count(findings: Sequence[Finding]) -> str:
    counts = Counter(one.verdict for one in findings)
    seconds = sum(one.seconds for one in findings)
    return (
        f"{len(findings)} checks in {seconds:.0f} s: {counts['fail']} failed, "
        f"{counts['warn']} warn, {counts['pass']} passed"
    )


def _show_passed(one: Finding, terminal: Console) -> None:
    mark, color = _MARKS[one.verdict]
    line = text.Text.assemble((f"{mark} ", color), f"{one.check:<22}", (one.evidence, "dim"))
    terminal.print(line, no_wrap=True, overflow="ellipsis")


def _show_not_applicable(examined: Examination, terminal: Console) -> None:
    """A line for each reason."""
    checks: dict[str, list[str]] = {}
    for one in examined.not_applicable:
        checks.setdefault(one.reason, []).append(one.check)
    for reason, names in checks.items():
        line = text.Text(f"– not applicable: {', '.join(names)} ({reason})", style="dim")
        terminal.print(line)


def _show_whole(one: Finding, terminal: Console) -> None:
    mark, color = _MARKS[one.verdict]
    terminal.print(text.Text.assemble("\n", (f"{mark} {one.check}", f"bold {color}")))
    for words, style in ((one.evidence, ""), (one.meaning, ""), (f"To do: {one.fix}", color)):
        indented = padding.Padding(text.Text(words, style=style), (0, 0, 0, _INDENT))
        terminal.print(indented)
