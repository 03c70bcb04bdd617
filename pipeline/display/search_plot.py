"""Draw the trials of a search: the score against each searched value."""

from __future__ import annotations

import itertools
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

from matplotlib import figure
from matplotlib.axes import Axes

from components import figure_text
from models.tuning.config import SearchRange, TuningConfig, Value
from models.tuning.results import TrialResult
from pipeline.display import log_axis, style

_COLUMNS = 3
_PANEL = (3.8, 3.0)
"""Width and height of a panel in inches."""
_LONGEST_LABEL = 14
"""Characters of a value's name."""
_WIDEST_ROW = 40
"""Characters of all names that fit beside each other."""
_MANY = 30
"""Trials from which points are small and pale."""


def draw(
    trials: Sequence[TrialResult], config: TuningConfig, objective: str, path: pathlib.Path
) -> None:
    """Write a PNG with one panel per searched field; the best trial is marked.

    Args:
        trials: Ended trials, the best first; at least one of them with a score.
        config: What was searched.
        objective: What the trials are judged by.
        path: File to write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with figure_text.fonts():
        style.save(_page(trials, config, objective), _title(trials, objective), path)


def _page(trials: Sequence[TrialResult], config: TuningConfig, objective: str) -> figure.Figure:
    fields = list(config.space)
    columns = min(_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    # Not through pyplot, which would keep the figure and choose a window system.
    drawing = figure.Figure(
        figsize=(_PANEL[0] * columns + 0.4, _PANEL[1] * rows + 0.9), layout="constrained"
    )
    panels = list(drawing.subplots(rows, columns, squeeze=False, sharey=True).flat)
    for index, (panel, field) in enumerate(itertools.zip_longest(panels, fields)):
        if field is None:
            panel.set_visible(False)
            continue
        _draw_panel(panel, trials, field, config.space[field])
        if index % columns == 0:
            panel.set_ylabel(objective.replace("_", " "))
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return drawing


def _title(trials: Sequence[TrialResult], objective: str) -> str:
    best = trials[0]
    number = f"{len(trials)} trials" if len(trials) > 1 else "1 trial"
    return f"{number}, best {objective.replace('_', ' ')} {best.score:.4g} (trial {best.trial})"


def _draw_panel(
    panel: Axes, trials: Sequence[TrialResult], field: str, searched: SearchRange
) -> None:
    values = [result.values[field] for result in trials]
    if searched.values is not None:
        places = _beside_each_other(panel, values, searched.values)
    else:
        places = [float(value) for value in values]
        panel.set_xscale("log" if searched.log else "linear")
    scored = [(x, r.score) for x, r in zip(places, trials, strict=True) if r.score is not None]
    failed = [x for x, r in zip(places, trials, strict=True) if r.score is None]
    is_crowded = len(trials) > _MANY
    panel.scatter(
        [x for x, _ in scored],
        [score for _, score in scored],
        s=18 if is_crowded else 42,
        color=style.BLUE,
        alpha=0.4 if is_crowded else 0.85,
        linewidths=0,
        label="trial",
    )
    panel.scatter(
        *scored[0], s=170, marker="*", color=style.RED, edgecolors="white", zorder=3, label="best"
    )
    panel.scatter(
        failed,
        [0.02] * len(failed),
        s=28,
        marker="x",
        color=style.GREY,
        transform=panel.get_xaxis_transform(),  # At the bottom, whatever the scores are.
        label="failed" if failed else None,
    )
    if searched.values is None:
        _tick(panel, searched)
    panel.set_title(figure_text.literal(figure_text.drawable(field)), fontsize=9)
    panel.tick_params(which="both", labelsize=8)
    style.frame(panel)


def _tick(panel: Axes, searched: SearchRange) -> None:
    """Few enough ticks that their labels do not touch, at whole numbers where those are meant."""
    is_whole = all(isinstance(end, int) for end in searched.linear or searched.log or ())
    if searched.log:
        log_axis.tick(panel, lambda value: f"{value:g}", is_whole=is_whole)
    else:
        panel.locator_params(axis="x", integer=is_whole)


def _beside_each_other(
    panel: Axes, values: Sequence[Value], choices: Sequence[Value]
) -> list[float]:
    """Where trials stand above the name of their value, the best in the middle."""
    names = [_name(choice) for choice in choices]
    slanted: dict[str, Any] = (
        {"rotation": 30, "ha": "right"} if sum(map(len, names)) > _WIDEST_ROW else {}
    )
    panel.set_xticks(range(len(names)), _short(names), **slanted)
    panel.set_xlim(-0.5, len(names) - 0.5)
    # Multiples of the golden ratio spread evenly, however many there are.
    golden = (math.sqrt(5) - 1) / 2
    offsets = [0.36 * ((index * golden + 0.5) % 1 - 0.5) for index in range(len(values))]
    return [
        names.index(_name(value)) + offset for value, offset in zip(values, offsets, strict=True)
    ]


def _name(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(names: Sequence[str]) -> list[str]:
    """Names cut at their end, or elsewhere if that leaves two of them the same."""
    shown = [figure_text.drawable(name) for name in names]
    cuts = [[_cut(name, head) for name in shown] for head in (_LONGEST_LABEL - 1, 7, 0)]
    cuts.append([f"{place}: {name}" for place, name in enumerate(cuts[0], start=1)])
    distinct = next(cut for cut in cuts if len(set(cut)) == len(cut))
    return [figure_text.literal(name) for name in distinct]


def _cut(name: str, head: int) -> str:
    """A name's first characters and as many of its last as there is room for."""
    if len(name) <= _LONGEST_LABEL:
        return name
    return f"{name[:head]}…{name[len(name) - (_LONGEST_LABEL - 1 - head) :]}"
