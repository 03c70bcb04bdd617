"""A ladder as a table, Markdown, JSON and a chart."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from tabulate import tabulate

from models.tasks.intervals import Interval
from pipeline.comparison.ladder_result import Ladder, ModelResult
from pipeline.display import log_axis, numbers, style

TABLE, CHART, DATA = "ladder.md", "ladder.png", "ladder.json"
"""Files that `write` makes."""

_MARKERS = "osD^vPX*"
"""They tell apart what has the same colour."""
_LINES = ("--", ":", "-.")
_ABOVE_LEGEND, _LEGEND_LINE = 0.6, 0.27
"""Inches."""
_SMALL = 0.001
"""Chances below it are not told apart."""
_COST = ("params", "MACs", "training", "ms/1", "ms/32")
_ALIGNED = ("left", *["right"] * (2 + len(_COST)), "left")


def show(ladder: Ladder) -> RenderableType:
    """The table for a terminal.

    Args:
        ladder: What was measured.
    """
    title = Text(_title(ladder), style="bold")
    failed = [Text(line, style="red") for line in _failures(ladder)]
    remarks = [Text(line, style="dim") for line in _remarks(ladder)]
    parts: list[RenderableType] = [title]
    if _finished(ladder):
        parts.append(_table(ladder))
    return Group(*parts, *failed, *remarks)


def write(ladder: Ladder, folder: pathlib.Path) -> None:
    """Write `ladder.md`, `ladder.json` and, if a model finished, `ladder.png`.

    Args:
        ladder: What was measured.
        folder: Where.
    """
    (folder / TABLE).write_text(markdown(ladder), "utf-8")
    text = json.dumps(dataclasses.asdict(ladder), indent=2, ensure_ascii=False)
    (folder / DATA).write_text(text, "utf-8")
    (folder / CHART).unlink(missing_ok=True)  # An earlier one would show other figures.
    if any(row.latency_ms is not None for row in ladder.rows):
        draw(ladder, folder / CHART)


def markdown(ladder: Ladder) -> str:
    """The table as Markdown.

    Args:
        ladder: What was measured.
    """
    lines = [_cells(row, ladder) for row in _finished(ladder)]
    columns = ("", ladder.headline.words, "95 % interval", *_COST, "")
    table = tabulate(lines, columns, "pipe", colalign=_ALIGNED, disable_numparse=True)
    remarks = [f"- {line}" for line in (*_failures(ladder), *_remarks(ladder))]
    return "\n".join([f"# {_title(ladder)}", "", table, "", *remarks, ""])


def draw(ladder: Ladder, path: pathlib.Path) -> None:
    """The headline with its interval against latency and against parameters, both logarithmic.

    Args:
        ladder: What was measured.
        path: PNG to write.
    """
    models = [row for row in _finished(ladder) if row.latency_ms is not None]
    simple = [row for row in _finished(ladder) if row.latency_ms is None]
    height = max(5, _ABOVE_LEGEND + _LEGEND_LINE * (len(models) + len(simple)))
    figure = Figure(figsize=(10, height), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, name in ((left, "ms for one example"), (right, "parameters")):
        _prepare(axes, name)
        for index, row in enumerate(simple):
            axes.axhline(
                ladder.figure(row) or 0,
                color=style.GREY,
                linestyle=_LINES[index % 3],
                label=row.name,
            )
    for index, row in enumerate(models):
        _place(left, row, row.latency_ms, index, ladder)
        _place(right, row, row.parameters, index, ladder)
    _limit(left, [row.latency_ms for row in models])
    _limit(right, [row.parameters for row in models])
    for axes in (left, right):
        log_axis.tick(axes, numbers.count)
    left.set_ylabel(f"{ladder.headline.words}, 95 % interval{ladder.headline.direction}")
    handles, labels = left.get_legend_handles_labels()
    # From the highest to the lowest, as they stand in the chart.
    order = sorted(range(len(labels)), key=lambda i: -_figure_of(labels[i], ladder))
    figure.legend(
        [handles[i] for i in order],
        [labels[i] for i in order],
        loc="outside right center",
        frameon=False,
        labelspacing=0.9,
    )
    style.save(figure, _title(ladder), path)


def _prepare(axes: Axes, name: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(name)
    style.frame(axes)


def _limit(axes: Axes, values: Sequence[float | None]) -> None:
    """Room around the marks; matplotlib's own margins can be nothing around a single value."""
    placed = [value for value in values if value]
    if placed:
        low, high = min(placed), max(placed)
        margin = max(1.3, (high / low) ** 0.1)
        axes.set_xlim(low / margin, high * margin)


def _place(axes: Axes, row: ModelResult, x: float | None, index: int, ladder: Ladder) -> None:
    figure = ladder.figure(row)
    if not x or figure is None or row.interval is None:
        return
    low, high = row.interval
    axes.errorbar(
        [x],
        [figure],
        # Percentiles of resamples need not surround the figure.
        [[max(0.0, figure - low)], [max(0.0, high - figure)]],
        fmt=_MARKERS[index % len(_MARKERS)],
        color=style.COLORS[index % len(style.COLORS)],
        markersize=9,
        markeredgecolor="white",
        capsize=3,
        linewidth=1,
        label=row.name,
    )


def _figure_of(name: str, ladder: Ladder) -> float:
    return next(ladder.figure(row) or 0.0 for row in ladder.rows if row.name == name)


def _finished(ladder: Ladder) -> list[ModelResult]:
    return [row for row in ladder.rows if row.error is None]


def _title(ladder: Ladder) -> str:
    if not ladder.examples:
        return f"{ladder.name}: no rung finished"
    return f"{ladder.name} on {ladder.examples:,} {ladder.split} examples"


def _failures(ladder: Ladder) -> list[str]:
    return [f"{row.name} failed: {row.error}" for row in ladder.rows if row.error is not None]


def _remarks(ladder: Ladder) -> list[str]:
    lines = ["ms/1, ms/32: median of one example and of a batch of 32 through the export."]
    if any(row.is_as_good for row in ladder.rows):
        metric = ladder.headline
        test = "McNemar's exact test" if metric.is_proportion else "a bootstrap test"
        lines.append(f"≈: these examples do not tell it from the best at 95 % ({test}).")
    if told := [
        f"{row.name} {_chance(row.p_value)}" for row in ladder.rows if row.p_value is not None
    ]:
        lines.append(f"p of the difference from the best: {', '.join(told)}.")
    if not ladder.headline.is_better_high:
        lines.append(f"{ladder.headline.words}: less is better.")
    if any(row.is_continued for row in ladder.rows):
        lines.append(">: a killed training was continued; only its last part was timed.")
    batches = {row.batch for row in ladder.rows} - {None, 32}
    if batches:
        sizes = ", ".join(str(size) for size in sorted(batches, key=lambda size: size or 0))
        lines.append(f"Fewer examples than 32 were there: the batch has {sizes}.")
    return lines


def _table(ladder: Ladder) -> Table:
    """As `_cells`, with the interval and the mark drawn in so that 80 columns are enough."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", overflow="fold")
    for name in (f"{ladder.headline.words} (95 %)", *_COST):
        table.add_column(name, justify="right", no_wrap=True)
    for row in _finished(ladder):
        name, figure, interval, *costs, mark = _cells(row, ladder)
        table.add_row(Text(f"{name} {mark}"), f"{figure} ({interval})", *costs)
    return table


def _cells(row: ModelResult, ladder: Ladder) -> list[str]:
    return [
        row.name,
        numbers.figure(ladder.figure(row)),
        "-" if row.interval is None else _range(row.interval),
        numbers.count(row.parameters),
        numbers.count(row.macs),
        (">" if row.is_continued else "") + _duration(row.seconds),
        numbers.milliseconds(row.latency_ms),
        numbers.milliseconds(row.batch_latency_ms),
        "best" if row.is_best else "≈" if row.is_as_good else "",
    ]


def _range(interval: Interval) -> str:
    """With a word between the ends where a dash would look like a sign."""
    low, high = interval
    return f"{numbers.figure(low)}{'-' if low >= 0 else ' to '}{numbers.figure(high)}"


def _chance(p_value: float) -> str:
    return f"{p_value:.3f}" if p_value >= _SMALL else f"below {_SMALL}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:,.0f} s"
