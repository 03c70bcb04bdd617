"""Figures of a page: SVG that takes the page's own text colour, light or dark."""

from __future__ import annotations

import hashlib
import io
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.display import style

_INK = "#010203"
"""Stands for the page's text colour, which matplotlib cannot name."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "maru",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
}
_MOST_POINTS = 1_000
_SIZE = (5.2, 3.0)
_PROLOGUE = re.compile(r"^.*?(?=<svg)|<metadata>.*?</metadata>", re.DOTALL)
_FONT = re.compile(r"font: [^;\"]*?(\d+(?:\.\d+)?)px[^;\"]*")
_OPENING = re.compile(r"<svg [^>]*>")
_VIEW = re.compile(r'viewBox="[^"]*"')
_UNUSED_ID = re.compile(
    r' id="(?:figure|axes|patch|line2d|text|xtick|ytick|matplotlib|legend|PathCollection)[^"]*"'
)
_USED_ID = re.compile(r'(id="|#)(?=[mpC]\w+["\)])')


def curves(history: Mapping[str, Sequence[float]], names: Sequence[str], label: str) -> str:
    """Metrics by epoch, those of train and eval in one colour each.

    Args:
        history: By name, a value an epoch; those of the eval split begin with `val_`.
        names: Without `val_`, those that are drawn.
        label: Of the vertical axis.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        drawn = itertools.product(names, (("", "train", "--"), ("val_", "eval", "-")))
        for index, (name, (prefix, split, line)) in enumerate(drawn):
            values = history.get(prefix + name, ())
            epochs = range(1, len(values) + 1)
            color = style.COLORS[index // 2]
            text = f"{name.replace('_', ' ')}, {split}"
            points = axes.plot(epochs, values, line, color=color, label=text, marker="o")
            # A single epoch has no line: what is hollow is of the train split.
            points[0].set(markersize=3, markerfacecolor="none" if split == "train" else color)
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend()
        return _svg(figure, f"{label} by epoch")


def reliability(calibration: Mapping[str, Any]) -> str:
    """Accuracy by confidence; the larger a point, the more answers."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        counts = np.asarray(calibration["counts"], float)
        axes.plot([0, 1], [0, 1], "--", color=style.GREY, linewidth=1)
        sizes = 15 + 200 * counts / counts.max()
        axes.scatter(
            calibration["confidence"],
            calibration["accuracy"],
            s=sizes,
            color=style.BLUE,
            alpha=0.8,
            clip_on=False,
        )
        axes.set(xlabel="probability of the answer", ylabel="share that is right")
        axes.set(xlim=(0, 1.02), ylim=(-0.02, 1.02))
        return _svg(figure, "share that is right by probability")


def answers(pairs: Sequence[tuple[float, float]]) -> str:
    """Answered numbers by true ones."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        every = max(1, math.ceil(len(pairs) / _MOST_POINTS))
        true, found = np.asarray(pairs[::every]).T
        low, high = min(true.min(), found.min()), max(true.max(), found.max())
        axes.plot([low, high], [low, high], "--", color=style.GREY, linewidth=1)
        axes.scatter(true, found, s=10, color=style.BLUE, alpha=0.5, linewidths=0)
        axes.set(xlabel="true", ylabel="answered")
        return _svg(figure, "answered by true number")


def trials(found: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> str:
    """Parallel coordinates: a line a trial through its values, the best one in front.

    Args:
        found: Trials, the best first, with `score`.
        fields: Those that were searched.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = _axes(width=max(_SIZE[0], 1.3 * (len(fields) + 1)))
        names = [*fields, "score"]
        scaled = np.array(
            [
                _scaled([trial[name] for trial in found], axes, place)
                for place, name in enumerate(names)
            ]
        )
        for index in reversed(range(len(found))):
            is_best = index == 0
            axes.plot(
                scaled[:, index],
                color=style.RED if is_best else style.BLUE,
                alpha=1 if is_best else 0.35,
                linewidth=2 if is_best else 1,
            )
        axes.set_xticks(range(len(names)), [name.split(".")[-1] for name in names])
        axes.set_yticks([])
        axes.spines[["left"]].set_visible(False)
        axes.grid(axis="x", color=style.GREY, linewidth=0.6)
        axes.set_ylim(-0.15, 1.15)
        return _svg(figure, "searched fields and score of every trial")


def _scaled(values: Sequence[Any], axes: Axes, place: int) -> list[float]:
    """Values from 0 to 1, with their ends written beside the axis; words have a place each."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        low, high = min(values), max(values)
        is_log = low > 0 and high / low >= 50
        scale = math.log if is_log else float
        ends = (scale(low), scale(high))
        span = ends[1] - ends[0]
        axes.text(place, -0.04, f"{low:.3g}", ha="center", va="top", fontsize=7)
        axes.text(place, 1.04, f"{high:.3g}", ha="center", va="bottom", fontsize=7)
        return [(scale(value) - ends[0]) / span if span else 0.5 for value in values]
    words = sorted({str(value) for value in values})
    places = {word: index / max(1, len(words) - 1) for index, word in enumerate(words)}
    for word, height in places.items():
        axes.text(place, height, f" {word}", fontsize=7)
    return [places[str(value)] for value in values]


def _axes(width: float = _SIZE[0]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, _SIZE[1]), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    style.frame(axes)
    axes.grid(visible=True, color=style.GREY, alpha=0.3, linewidth=0.6)
    return figure, axes


def _svg(figure: Figure, label: str) -> str:
    """What goes into a page.

    Args:
        figure: Drawn.
        label: What it shows, for those who do not see it.
    """
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    text = _UNUSED_ID.sub("", _PROLOGUE.sub("", written.getvalue()))
    view = _VIEW.search(text)
    opening = f'<svg {view[0] if view else ""} role="img" aria-label="{label}">'
    text = _OPENING.sub(opening, text, count=1).replace("xlink:href", "href")
    # The page's own font, in which Hangul and emoji look right.
    text = _FONT.sub(r"font-size: \1px", text)
    # Several figures stand on a page, and no two may use the same names.
    own = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    return _USED_ID.sub(rf"\1f{own}", text).replace(_INK, "currentColor")
