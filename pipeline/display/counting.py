"""A count of what is done, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from rich import console, progress

_Batch = TypeVar("_Batch")


def shown(
    batches: Iterator[_Batch],
    count: Callable[[_Batch], int],
    terminal: console.Console,
    done: int = 0,
    total: int | None = None,
    unit: str = "rows",
) -> Iterator[_Batch]:
    """The batches, while rows and speed are shown.

    Args:
        batches: Rows, in whatever form.
        count: How many rows a batch has.
        terminal: Where; nothing is shown in a file.
        done: Rows that were done before.
        total: Rows in the end; None if nobody knows.
        unit: What a row is.
    """
    end = f"of {total:,} {unit}" if total else unit
    with progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.completed:,.0f} {task.fields[end]}"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        console=terminal,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not terminal.is_terminal,
    ) as bar:
        task = bar.add_task("", total=total, completed=done, rate="", end=end)
        for batch in batches:
            yield batch
            bar.advance(task, count(batch))
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} {unit} a second" if speed else "")
