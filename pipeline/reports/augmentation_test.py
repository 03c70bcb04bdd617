"""What `maru augment-test` found: a table, JSON and a plot."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import statistics
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models.tasks.intervals import Interval
from pipeline.comparison import arms
from pipeline.comparison.augmentation_result import ArmResult, Report
from pipeline.comparison.headline import Headline
from pipeline.comparison.paired_difference import PairedDifference
from pipeline.display import numbers, style

DATA, PLOT = "augment_test.json", "augment_test.png"
"""Files that `write` makes."""
_LONGER = 1.1


def write(report: Report, folder: pathlib.Path) -> None:
    """Write `augment_test.json` and, if there is a difference to show, `augment_test.png`.

    Args:
        report: What was measured.
        folder: Where.
    """
    fields = dataclasses.asdict(report) | {"remarks": remarks(report)}
    (folder / DATA).write_text(json.dumps(fields, indent=2, ensure_ascii=False), "utf-8")
    (folder / PLOT).unlink(missing_ok=True)  # An earlier one would show other figures.
    if any(row.contrast for row in report.rows):
        draw(report, folder / PLOT)


def show(report: Report) -> RenderableType:
    """The table for a terminal.

    Args:
        report: What was measured.
    """
    failed = [t for t in report.trainings if t.error is not None]
    parts: list[RenderableType] = [Text(_title(report), style="bold")]
    finished = [row for row in report.rows if row.headlines]
    if finished:
        parts.append(_table(finished, report.headline))
        parts += [Text(_sentence(row)) for row in finished if row.contrast]
    parts += [Text(f"{t.arm}, seed {t.seed} failed: {t.error}", style="red") for t in failed]
    return Group(*parts, *(Text(line, style="dim") for line in remarks(report)))


def remarks(report: Report) -> list[str]:
    """What the figures cover and what they do not.

    Args:
        report: What was measured.
    """
    pairs = sorted({len(row.contrast.differences) for row in report.rows if row.contrast})
    if not pairs:
        return []
    unit = "In percent. " if report.headline.is_share else ""
    lines = [
        f"{unit}{report.headline.words}{report.headline.direction}: mean and standard deviation "
        f"over the seeds. difference: to `{arms.WITHOUT}`, seed by seed, with its 95 % intervals.",
        "over seeds: what other initial weights, orders of batches and draws of augmentation would "
        f"change (Student's t, {' or '.join(map(str, pairs))} pairs). Over examples: what other "
        "examples of the same kind would change. Neither covers another train split.",
    ]
    if len(report.rows) > 2:
        lines.append("Of several operations one may look better by chance: no correction is made.")
    return lines + _about_steps(report)


def _about_steps(report: Report) -> list[str]:
    steps = {row.name: row.steps for row in report.rows if row.steps}
    ratio = steps.get(arms.WITH, 0) / steps.get(arms.WITHOUT, 1)
    if arms.WITHOUT not in steps or ratio < _LONGER:
        return []
    return [
        f"With augmentation {ratio:.1f} times the batches were trained on. To see whether longer "
        "training alone would do as well, add `--equal-steps`."
        if arms.LONGER not in steps
        else f"`{arms.LONGER}`: without augmentation, but as many batches as with it."
    ]


def draw(report: Report, path: pathlib.Path) -> None:
    """The headline of every training, and the differences with their intervals.

    Args:
        report: What was measured.
        path: PNG to write.
    """
    rows, told = [row for row in report.rows if row.headlines][::-1], report.headline
    scale = _scale(told)
    figure = Figure(figsize=(10, 1.6 + 0.5 * len(rows)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_yticks(range(len(rows)), [row.name for row in rows])
    left.set_ylim(-0.6, len(rows) - 0.4)
    for place, row in enumerate(rows):
        color = style.GREY if row.contrast is None else style.BLUE
        left.plot(row.headlines, [place] * len(row.headlines), "o", color=color, alpha=0.5)
        mean = statistics.mean(row.headlines)
        left.plot([mean], [place], "|", color=color, markersize=18, markeredgewidth=2)
        if row.contrast is not None:
            _draw_contrast(right, place, row.contrast, scale)
    right.axvline(0, color=style.GREY, linewidth=1)
    left.set_xlabel(f"{told.words}, a point for each seed")
    unit = ", percentage points" if told.is_share else ""
    right.set_xlabel(f"difference to `{arms.WITHOUT}`{unit}{told.direction}")
    for axes in (left, right):
        style.frame(axes, grid="x")
    handles, labels = right.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(
        unique.values(), unique.keys(), loc="outside lower right", ncols=len(unique), frameon=False
    )
    style.save(figure, _title(report), path)


def _scale(told: Headline) -> int:
    """What figures are multiplied by: shares are told in percent."""
    return 100 if told.is_share else 1


def _draw_contrast(axes: Axes, place: int, contrast: PairedDifference, scale: int) -> None:
    """Thick: over seeds; thin, below: over examples."""
    axes.plot(
        [scale * d for d in contrast.differences],
        [place] * len(contrast.differences),
        "o",
        color=style.BLUE,
        alpha=0.35,
        markeredgewidth=0,
        label="one seed",
    )
    axes.plot([scale * contrast.mean], [place], "D", color=style.BLUE, markersize=6, label="mean")
    if contrast.over_seeds:
        low, high = contrast.over_seeds
        axes.hlines(
            place, scale * low, scale * high, style.BLUE, linewidth=2.5, label="95 % over seeds"
        )
    low, high = contrast.over_examples
    axes.hlines(
        place - 0.18,
        scale * low,
        scale * high,
        style.GREY,
        linewidth=1.5,
        label="95 % over examples",
    )


def _title(report: Report) -> str:
    if not report.examples:
        return f"{report.name}: no training finished"
    return f"{report.name} on {report.examples:,} {report.split} examples, {report.seeds} seeds"


def _table(rows: Sequence[ArmResult], told: Headline) -> Table:
    """Shares in percent, so that 80 columns are enough."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", overflow="fold")
    for name in (told.words, "difference", "over seeds", "over examples", "batches"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row, told)))
    return table


def _cells(row: ArmResult, told: Headline) -> list[str]:
    mean = statistics.mean(row.headlines)
    spread = statistics.stdev(row.headlines) if len(row.headlines) > 1 else 0.0
    contrast = row.contrast
    if told.is_share:
        figure = f"{100 * mean:.2f} ±{100 * spread:.2f}"
    else:
        figure = f"{numbers.figure(mean)} ±{numbers.figure(spread, mean)}"
    return [
        row.name,
        figure,
        _difference(contrast.mean, told, 2) if contrast else "",
        _range(contrast.over_seeds, told) if contrast else "",
        _range(contrast.over_examples, told) if contrast else "",
        f"{row.steps:,}",
    ]


def _difference(value: float, told: Headline, decimals: int) -> str:
    return f"{100 * value:+.{decimals}f}" if told.is_share else numbers.signed(value)


def _range(interval: Interval | None, told: Headline) -> str:
    if interval is None:
        return "-"
    return " to ".join(_difference(end, told, 1) for end in interval)


def _sentence(row: ArmResult) -> str:
    if row.contrast is None or row.verdict == "not told apart":
        return f"`{row.name}` is not told apart from without: an interval holds 0"
    side = "above" if row.contrast.mean > 0 else "below"
    return f"`{row.name}` is {row.verdict} than without: both intervals lie {side} 0"
