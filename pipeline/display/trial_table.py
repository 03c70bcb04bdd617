"""Trials of a search in a terminal."""

import json
from typing import Any

from rich.console import Console

from pipeline.display import run_view

_UNLIMITED = 10_000
"""Characters of a terminal in which every table has its full width."""


def show(columns: list[str], rows: list[list[str]], terminal: Console) -> None:
    """Print a table or, where the terminal is too narrow for it, a line for each value.

    Args:
        columns: Headings, that of the trial itself first.
        rows: Cells of each trial.
        terminal: Where.
    """
    table = run_view.grid(columns, rows)
    unlimited = terminal.options.update(max_width=_UNLIMITED)
    if terminal.measure(table, options=unlimited).minimum <= terminal.width:
        terminal.print(table)
        return
    for row in rows:
        for index, (column, cell) in enumerate(zip(columns, row, strict=True)):
            indent, style = ("  ", "") if index else ("", "bold")
            line = f"{indent}{column} {cell}"
            run_view.print_line(terminal, line, style)


def word(value: Any) -> str:
    """A searched value as in YAML, numbers with four digits.

    Args:
        value: Number, word, list, true, false or null.
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
