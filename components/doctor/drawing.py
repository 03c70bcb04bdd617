"""Draw what findings measured: rates, gradients, activations, curves, on one page."""

from __future__ import annotations

import base64
import io
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import figure, rc_context
from matplotlib.axes import Axes
from matplotlib.typing import RcKeyType
from PIL import Image

from components import figure_text
from components.doctor.finding import Finding, Verdict

_STYLE: dict[RcKeyType, Any] = {
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.markersize": 3,
}
_SMALL = 7
"""Size of type of names that stand close to each other, in points."""
_DIAMOND = 6
"""Size of a mark that stands alone."""
_COLUMNS = 2
_PANEL = (5.4, 3.4)
"""Width and height of a panel in inches."""
_LINE, _SECOND, _MARK, _PALE = "#4878a8", "#d18b3f", "#d1493f", "#8a8a8a"
_VERDICTS: dict[Verdict, str] = {"pass": "#3a7d44", "warn": "#b07a00", "fail": "#c0392b"}
_NAMED_LAYERS = 14
"""Layers of which each has room for its name."""
_IN_TWO_LINES = 7
"""Names that have room for two lines each."""
_SHOWN_LABELS = 20
_LONGEST_NAME = 24
_LONGEST_FEATURE = 36
_ROOM_FOR_LEGEND = 1.3
_PICTURE = 0.9
"""Longer side of an example, of the room for it."""
_BLOWN_UP = 3
"""First losses up to which the range test is drawn."""
_BELOW = 100
"""How far below the smallest deviation of a layer its means are still drawn."""
_SERIES = (_LINE, _SECOND, _PALE, "#6a9a5b", "#8e6c8a")
_NEEDS = {
    "class_balance": "counts",
    "label_frequencies": "counts",
    "target_values": "counts",
    "label_noise": "by_label",
    "learning_rate_range": "rates",
    "gradient_norms": "norm",
    "activation_spread": "std",
    "dead_relus": "share",
    "saturation": "share",
    "overfit_sample": "losses",
    "rate_grid": "losses",
    "learning_curves": "curves",
    "shortcuts": "pictures",
}
"""The figure without which a check has nothing to draw."""


def draw(findings: Sequence[Finding], path: pathlib.Path) -> None:
    """Write a PNG with a panel for each finding that has something to draw.

    Args:
        findings: In any order; those of checks without a drawing are left out.
        path: File to write; none is written if there is nothing to draw.
    """
    drawable = [one for one in findings if one.check in PANELS and _has_something(one)]
    if not drawable:
        return
    with figure_text.fonts(), rc_context(_STYLE):
        _page(drawable).savefig(path, dpi=120)


def _page(drawable: Sequence[Finding]) -> figure.Figure:
    columns = min(_COLUMNS, len(drawable))
    rows = -(-len(drawable) // columns)
    # Not through pyplot, which would keep the figure and choose a window system.
    page = figure.Figure(figsize=(_PANEL[0] * columns, _PANEL[1] * rows), layout="constrained")
    panels = list(page.subplots(rows, columns, squeeze=False).flat)
    for panel, one in zip(panels, drawable, strict=False):
        panel.set_title(_title(one), color=_VERDICTS[one.verdict])
        PANELS[one.check](panel, one.figures)
    for panel in panels[len(drawable) :]:
        panel.set_visible(False)
    return page


def _title(one: Finding) -> str:
    column = one.figures.get("column")
    return f"{one.check}{f' of {_short(column)}' if column else ''}: {one.verdict}"


def _class_balance(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Rows by label, a bar for each split."""
    # The train split first: it is what labels are ordered by.
    counts = dict(sorted(figures["counts"].items(), key=lambda item: item[0] != "train"))
    labels = sorted(counts["train"], key=counts["train"].get, reverse=True)[:_SHOWN_LABELS]
    height = 0.8 / len(counts)
    for place, (split, rows) in enumerate(counts.items()):
        places = [index + place * height for index in range(len(labels))]
        shares = [rows.get(label, 0) / max(1, sum(rows.values())) for label in labels]
        panel.barh(places, shares, height, label=split, color=_SERIES[place % len(_SERIES)])
    panel.set_yticks(range(len(labels)), [_short(label) for label in labels])
    panel.invert_yaxis()
    panel.set_xlabel("share of the split")
    panel.set_xlim(right=panel.get_xlim()[1] * _ROOM_FOR_LEGEND)
    panel.legend()


def _label_frequencies(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Share of the rows that have each label, a bar for each split."""
    counts = dict(sorted(figures["counts"].items(), key=lambda item: item[0] != "train"))
    labels = list(counts["train"])[:_SHOWN_LABELS]
    height = 0.8 / len(counts)
    for place, (split, rows) in enumerate(counts.items()):
        places = [index + place * height for index in range(len(labels))]
        shares = [rows.get(label, 0) / max(1, figures["rows"][split]) for label in labels]
        panel.barh(places, shares, height, label=split, color=_SERIES[place % len(_SERIES)])
    panel.set_yticks(range(len(labels)), [_short(label) for label in labels])
    panel.invert_yaxis()
    panel.set_xlabel("share of the split's rows")
    panel.set_xlim(right=panel.get_xlim()[1] * _ROOM_FOR_LEGEND)
    panel.legend()


def _target_values(panel: Axes, figures: Mapping[str, Any]) -> None:
    """How the numbers of each split are distributed."""
    counts = sorted(figures["counts"].items(), key=lambda item: item[0] != "train")
    for place, (split, rows) in enumerate(counts):
        shares = [count / max(1, sum(rows)) for count in rows]
        color = _SERIES[place % len(_SERIES)]
        panel.stairs(shares, figures["edges"], fill=not place, color=color, label=split, lw=1.2)
    panel.set_xlabel("value")
    panel.set_ylabel("share of the split")
    panel.legend()


def _label_noise(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Share of each training label's rows that look like another's, the worst first."""
    shares = figures["by_label"]
    labels = sorted(shares, key=shares.get, reverse=True)[:_SHOWN_LABELS]
    panel.barh(range(len(labels)), [shares[label] for label in labels], color=_LINE)
    panel.set_yticks(range(len(labels)), [_short(label) for label in labels])
    panel.invert_yaxis()
    panel.set_xlabel("share that looks like another label's")


def _clues(panel: Axes, figures: Mapping[str, Any]) -> None:
    """What single features say of labels, beside what all words say of the same label."""
    found = figures["clues"][:_NAMED_LAYERS]
    places = range(len(found))
    panel.barh(places, [one["gain"] for one in found], color=_LINE, label="this alone")
    words = [figures["content"][one["label"]] for one in found]
    panel.plot(words, places, "D", ms=_DIAMOND, color=_SECOND, label="all words")
    # The longer these are, the narrower are all panels of the column.
    gap = "\n" if len(found) <= _IN_TWO_LINES else " "
    names = [
        f"{_short(one['label'])}:{gap}{_short(one['feature'], _LONGEST_FEATURE)}" for one in found
    ]
    panel.set_yticks(places, names, fontsize=_SMALL)
    panel.invert_yaxis()
    panel.set_xlim(0, 1.05)
    panel.set_xlabel("share of the label's rows, minus that of others")
    panel.legend()


def _activation_spread(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Mean and standard deviation of each layer's output, in order of depth."""
    names = figures["layers"]
    places = range(len(names))
    panel.plot(places, _numbers(figures["std"]), "o-", color=_LINE, label="deviation")
    means = [abs(value) for value in _numbers(figures["mean"])]
    panel.plot(places, means, "o-", color=_PALE, label="|mean|")
    panel.set_yscale("log")
    # Means are zero up to rounding after a normalisation; how near does not matter.
    lowest = min(value for value in _numbers(figures["std"]) if value > 0)
    panel.set_ylim(bottom=lowest / _BELOW)
    _name_layers(panel, names)
    # Beside the title: two jagged lines leave no room between them.
    panel.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1))


def _layer_shares(panel: Axes, figures: Mapping[str, Any]) -> None:
    """A share of each layer's units."""
    names = figures["layers"]
    panel.bar(range(len(names)), _numbers(figures["share"]), color=_LINE)
    panel.set_ylim(0, 1)
    panel.set_ylabel("share of the units")
    _name_layers(panel, names)


def _gradient_norms(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Norm of each weight's gradient, in order of depth."""
    names = figures["weights"]
    panel.plot(range(len(names)), _numbers(figures["norm"]), "o-", color=_LINE)
    panel.set_yscale("log")
    panel.set_ylabel("norm of the gradient")
    _name_layers(panel, names)


def _learning_rate_range(panel: Axes, figures: Mapping[str, Any]) -> None:
    """The loss against the rate of a training whose rate grows step by step."""
    losses = _numbers(figures["losses"])
    panel.plot(figures["rates"], losses, color=_LINE)
    panel.set_xscale("log")
    finite = [loss for loss in losses if math.isfinite(loss)]
    if any(finite):
        # Where it blows up, by how much does not matter.
        panel.set_ylim(0, min(max(finite), _BLOWN_UP * max(finite[0], 1e-6)) * 1.05)
    for name, color in (("configured", _MARK), ("suggested", _VERDICTS["pass"])):
        if figures.get(name):
            text = f"{name}: {figures[name]:.2g}"
            panel.axvline(figures[name], color=color, ls="--", lw=1.2, label=text)
    panel.set_xlabel("learning rate")
    panel.set_ylabel("loss")
    panel.legend()


def _overfit_sample(panel: Axes, figures: Mapping[str, Any]) -> None:
    """The loss on a few examples that are to be learned by heart."""
    panel.plot(_numbers(figures["losses"]), color=_LINE)
    panel.locator_params(axis="x", integer=True)
    panel.set_xlabel("step")
    panel.set_ylabel("loss on the sample")


def _rate_grid(panel: Axes, figures: Mapping[str, Any]) -> None:
    """The loss of short trainings, a line for each weight decay."""
    for place, (decay, losses) in enumerate(zip(figures["decays"], figures["losses"], strict=True)):
        color = _SERIES[place % len(_SERIES)]
        numbers = _numbers(losses)
        panel.plot(figures["rates"], numbers, "o-", color=color, label=f"decay {decay:g}")
    panel.set_xscale("log")
    panel.set_xlabel("learning rate")
    panel.set_ylabel("loss")
    panel.legend()


def _learning_curves(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Training and validation loss by epoch."""
    curves = figures["curves"]
    for name, color in (("loss", _LINE), ("val_loss", _SECOND)):
        if name in curves:
            values = _numbers(curves[name])
            label = "training" if name == "loss" else "validation"
            panel.plot(range(1, len(values) + 1), values, "o-", color=color, label=label)
    panel.locator_params(axis="x", integer=True)
    panel.set_xlabel("epoch")
    panel.set_ylabel("loss")
    panel.legend()


def _shortcuts(panel: Axes, figures: Mapping[str, Any]) -> None:
    """What gives labels away: of texts what it gains, of images examples."""
    (_pictures if "pictures" in figures else _clues)(panel, figures)


def _pictures(panel: Axes, figures: Mapping[str, Any]) -> None:
    """Images, a row for each label."""
    rows: dict[str, list[str]] = {}
    for one in figures["pictures"]:
        rows.setdefault(one["label"], []).append(one["png"])
    for row, pictures in enumerate(rows.values()):
        for column, encoded in enumerate(pictures):
            with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
                high, wide = (side / max(image.size) * _PICTURE for side in image.size[::-1])
                box = (column - wide / 2, column + wide / 2, row + high / 2, row - high / 2)
                panel.imshow(np.asarray(image), extent=box, interpolation="nearest")
    panel.set_xlim(-0.5, max(map(len, rows.values())) - 0.5)
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.set_yticks(range(len(rows)), [_short(label) for label in rows])
    panel.set_xticks([])
    panel.grid(False)
    panel.set_xlabel(_short(", ".join(figures["cues"])))


Panel = Callable[[Axes, Mapping[str, Any]], None]
PANELS: dict[str, Panel] = {
    "class_balance": _class_balance,
    "label_frequencies": _label_frequencies,
    "target_values": _target_values,
    "label_noise": _label_noise,
    "learning_rate_range": _learning_rate_range,
    "gradient_norms": _gradient_norms,
    "activation_spread": _activation_spread,
    "dead_relus": _layer_shares,
    "saturation": _layer_shares,
    "overfit_sample": _overfit_sample,
    "rate_grid": _rate_grid,
    "learning_curves": _learning_curves,
    "shortcuts": _shortcuts,
}
"""What is drawn of a check's figures."""


def _has_something(one: Finding) -> bool:
    """Whether there is anything but zeros to see."""
    values = one.figures.get(_NEEDS[one.check]) or one.figures.get("clues")
    return any(values.values() if isinstance(values, Mapping) else values or ())


def _numbers(values: Sequence[float | None]) -> list[float]:
    """Values with gaps where there was no finite number."""
    return [float("nan") if value is None else value for value in values]


def _name_layers(panel: Axes, names: Sequence[str]) -> None:
    """Names below a few layers, numbers below many."""
    if len(names) <= _NAMED_LAYERS:
        short = [_short(name) for name in names]
        panel.set_xticks(range(len(names)), short, rotation=40, ha="right", fontsize=_SMALL)
    else:
        panel.locator_params(axis="x", integer=True)
        ends = f"{_short(names[0])} to {_short(names[-1])}"
        panel.set_xlabel(f"{ends}, in order of depth")


def _short(name: str, longest: int = _LONGEST_NAME) -> str:
    shown = figure_text.drawable(name)
    cut = shown if len(shown) <= longest else f"…{shown[1 - longest :]}"
    return figure_text.literal(cut)
