"""What `maru report` does, and the end of every `maru run`: write the page of a run."""

from __future__ import annotations

import pathlib

from rich import console

from pipeline import past_runs, paths
from pipeline.display import run_view
from pipeline.past_runs import PastRun
from pipeline.runtime import failures


def report(workspace: pathlib.Path, name: str, started: str | None) -> None:
    """Write the page of a past run once more.

    Args:
        workspace: Where it ran.
        name: Of the pipeline.
        started: Its time or the beginning of it; None for the newest run.

    Raises:
        ValueError: If there is no such pipeline or run, or what it left is gone.
    """
    where = paths.Paths(paths.workspace(workspace), name)
    runs = [run for run in past_runs.find(where.workspace, name) if run.command == "run"]
    if not runs:
        raise ValueError(f"{name!r} has no run yet. Make one with `maru run CONFIG`.")
    _write(past_runs.choose(runs, started) if started else runs[0])


def write(where: paths.Paths, started: str) -> None:
    """Write the page of the run that has just ended, and say where it is, or why there is none.

    A page that finds no room on the disk changes nothing of what the run achieved.
    """
    try:
        _write(past_runs.choose(past_runs.find(where.workspace, where.name), started))
    except Exception as error:
        if not failures.is_users(error):
            raise
        line = f"no report: {failures.describe(error)}"
        run_view.print_line(console.Console(highlight=False), line, "yellow")


def _write(run: PastRun) -> None:
    from pipeline.reports.page import page

    try:
        path = page.write(run)
    except FileNotFoundError as error:
        raise ValueError(
            f"The run of {run.started} cannot be told any more: {error.filename} is gone. Run the "
            "pipeline again."
        ) from error
    run_view.print_line(console.Console(highlight=False), f"report:       {paths.shown(path)}")
