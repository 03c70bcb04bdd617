"""Accuracy by number of examples, as a table, JSON and a chart."""

from __future__ import annotations

import dataclasses
import json
import pathlib

from matplotlib.figure import Figure
from rich.console import Group, RenderableType
from rich.text import Text

from models.tasks.intervals import Interval
from pipeline.display import run_view, style
from pipeline.prompting.result import Result, ShotsResult

DATA, CHART = "accuracy.json", "accuracy.png"
"""Files that `write` makes."""
_MOST_BARS = 0.05


def show(found: Result) -> RenderableType:
    """The table for a terminal.

    Args:
        found: What was measured.
    """
    columns = ["shots", "accuracy", "95 % interval", "draws", "lowest", "highest", "prompts"]
    rows = [
        [
            str(one.shots),
            f"{one.accuracy:.3f}",
            _range(one.interval),
            str(len(one.by_draw)),
            f"{min(one.by_draw):.3f}",
            f"{max(one.by_draw):.3f}",
            f"{one.prompts:,}",
        ]
        for one in found.by_shots
    ]
    title = Text(_title(found), style="bold")
    remarks = [Text(line, style="yellow") for line in _remarks(found)]
    return Group(title, run_view.grid(columns, rows), *_simple(found), *remarks)


def write(found: Result, folder: pathlib.Path) -> None:
    """Write `accuracy.json` and `accuracy.png`.

    Args:
        found: What was measured.
        folder: Where.
    """
    text = json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False)
    (folder / DATA).write_text(text, "utf-8")
    draw({found.name: found}, _title(found), folder / CHART)


def draw(results: dict[str, Result], title: str, path: pathlib.Path) -> None:
    """Accuracy by number of examples, with intervals.

    Args:
        results: By the words that tell them apart.
        title: Above the figure.
        path: PNG to write.
    """
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    places = sorted({one.shots for found in results.values() for one in found.by_shots})
    for index, (name, found) in enumerate(results.items()):
        rows = sorted(found.by_shots, key=lambda one: one.shots)
        shift = _MOST_BARS * (index - (len(results) - 1) / 2)
        at = [places.index(one.shots) + shift for one in rows]
        color = style.COLORS[index % len(style.COLORS)]
        below, above = (
            [max(0.0, sign * (one.interval[end] - one.accuracy)) for one in rows]
            for end, sign in ((0, -1), (1, 1))
        )
        middle = [one.accuracy for one in rows]
        axes.errorbar(
            at, middle, [below, above], fmt="o-", color=color, capsize=3, linewidth=1.5, label=name
        )
        for place, one in zip(at, rows, strict=True):
            draws = one.by_draw if len(one.by_draw) > 1 else ()
            axes.plot([place] * len(draws), draws, ".", color=color, alpha=0.3, zorder=1)
    simple = {found.simple for found in results.values() if found.simple is not None}
    for share in simple:
        axes.axhline(share, color=style.GREY, linestyle="--", label="most frequent answer")
    axes.set_xticks(range(len(places)), [str(one) for one in places])
    axes.set_xlim(-0.4, len(places) - 0.6)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("examples in the prompt (points: single draws)")
    axes.set_ylabel("accuracy, 95 % interval")
    style.frame(axes, "y")
    if len(results) > 1 or simple:
        axes.legend(frameon=False, loc="best")
    style.save(figure, title, path)


def _title(found: Result) -> str:
    return f"{found.name}: {found.model}, {found.questions:,} {found.split} questions"


def _range(interval: Interval) -> str:
    low, high = interval
    return f"{low:.3f} to {high:.3f}"


def _simple(found: Result) -> list[Text]:
    if found.simple is None:
        return []
    words = f"always the most frequent answer of {found.examples:,} train rows: {found.simple:.3f}"
    return [Text(words, style="dim")]


def _remarks(found: Result) -> list[str]:
    lines = [line for one in found.by_shots for line in _remarks_on(one)]
    if found.rejected:
        lines.append(f"{found.rejected:,} rows cannot be used and are left out.")
    return lines


def _remarks_on(one: ShotsResult) -> list[str]:
    told = (
        (one.ties, "have several likeliest answers, which counts as wrong"),
        (one.unanswered, "have no answer in what was written, which counts as wrong"),
        (
            one.shortened,
            "lost examples, the first ones, as the model does not read so much at once",
        ),
        (one.too_long, "are too long even without examples, which counts as wrong"),
    )
    return [
        f"{one.shots} shots: {count:,} of {one.prompts:,} prompts {words}."
        for count, words in told
        if count
    ]
