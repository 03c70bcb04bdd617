"""A count of the rows that are done, on a terminal."""

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
) -> Iterator[_Batch]:
    """The batches, while rows and speed are shown.

    Args:
        batches: Rows, in whatever form.
        count: How many rows a batch has.
        terminal: Where; nothing is shown in a file.
        done: Rows that were done before.
    """
    with progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.completed:,.0f} rows"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeElapsedColumn(),
        console=terminal,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not terminal.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None, completed=done, rate="")
        for batch in batches:
            yield batch
            bar.advance(task, count(batch))
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} rows a second" if speed else "")
