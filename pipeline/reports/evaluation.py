"""How a model does on new rows, for a terminal."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

from rich.console import Console

from components.doctor import finding
from models.tasks.task import Task
from pipeline import paths
from pipeline.display import run_view
from pipeline.evaluation.measuring import ALL, COUNT
from pipeline.evaluation.result import Result

_MOST_SLICES = 30


def show(found: Result, task: Task, terminal: Console, page: pathlib.Path) -> None:
    """Print tables, what is to be known, and the verdict.

    Args:
        found: What to show.
        task: Whose metrics they are.
        terminal: Where.
        page: The page that says more.
    """
    title = f"\n{found.name}, version {found.version}, on {found.num_rows:,} new rows"
    terminal.print(title, style="bold")
    headings = [name.replace("_", " ") for name in found.shown]
    rows = [
        ["the new rows", *_row(found.metrics[ALL], found.shown)],
        [f"its run's {found.before['split']} rows", *_row(found.before["metrics"], found.shown)],
        *([name, f"{figure:.3f}"] for name, figure in found.baseline.rows),
    ]
    terminal.print(run_view.grid(["", *headings], rows))
    low, high = found.interval
    terminal.print(f"95 % interval of the {headings[0]}: {low:.3f} to {high:.3f}")
    _show_slices(found, headings, terminal)
    for one in finding.at_least(found.findings, "warn"):
        run_view.print_line(terminal, f"{one.check.replace('_', ' ')}: {one.evidence}", "yellow")
        run_view.print_line(terminal, f"  {one.meaning} {one.fix}")
    for remark in found.remarks:
        run_view.print_line(terminal, remark, "yellow")
    if found.rejected:
        listing = paths.shown(pathlib.Path(found.quarantine))
        rows_ = "1 row" if found.rejected == 1 else f"{found.rejected:,} rows"
        line = f"{rows_} left out, with the reason in {listing}"
        run_view.print_line(terminal, line, "yellow")
    if found.is_below_baseline:
        line = f"Worse than {found.baseline.name} on these rows: look for the reason on the page."
        run_view.print_line(terminal, line, "yellow")
    _show_verdict(found, task, terminal)
    run_view.print_line(terminal, f"report:       {paths.shown(page)}")


def _show_slices(found: Result, headings: Sequence[str], terminal: Console) -> None:
    slices = [(name, values) for name, values in found.metrics.items() if name != ALL]
    if not slices:
        return
    rows = [
        [name, f"{values[COUNT]:.0f}", *_row(values, found.shown)]
        for name, values in slices[:_MOST_SLICES]
    ]
    terminal.print(run_view.grid(["slice", "rows", *headings], rows))
    if len(slices) > _MOST_SLICES:
        terminal.print(f"... {len(slices) - _MOST_SLICES:,} more slices on the page")


def _show_verdict(found: Result, task: Task, terminal: Console) -> None:
    if found.too_many_rejected:
        run_view.print_line(terminal, found.too_many_rejected, "red")
    if found.refusals:
        run_view.print_line(terminal, "\nIt does not reach on these rows what it must:", "red")
        for refusal in found.refusals:
            run_view.print_line(terminal, f"  {refusal}", "red")
    elif found.must_reach:
        line = f"\nIt reaches on these rows what it must: {demands(found.must_reach, task)}"
        run_view.print_line(terminal, line, "green")
    else:
        line = "\nNothing is demanded of it: set `evaluation.must_reach` for a verdict"
        run_view.print_line(terminal, line)


def demands(must_reach: Mapping[str, float], task: Task) -> str:
    """What is demanded, in words."""
    better = {metric.name: metric.is_better_high for metric in task.metrics}
    return ", ".join(
        f"{name} at {'least' if better[name] else 'most'} {bound:g}"
        for name, bound in must_reach.items()
    )


def _row(metrics: Mapping[str, float], names: Sequence[str]) -> list[str]:
    return [f"{metrics[name]:.3f}" for name in names]
