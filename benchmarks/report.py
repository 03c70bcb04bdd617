"""The results as a table and a chart."""

import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from rich import box
from rich.console import Group
from rich.table import Table

from benchmarks import measuring

Runs = Mapping[str, Sequence[measuring.Measurement]]

_STAGE = re.compile(r"^✓ (\w+)\s+([\d.]+) s", re.MULTILINE)
_BLUE, _GREY = "#2a6f97", "#9aa5b1"
_SHADES = ("#2a6f97", "#61a5c2")


def ratios(runs: Runs) -> dict[str, float]:
    """What is compared, by name; left out where a contender failed.

    Args:
        runs: Measurements by contender.
    """
    seconds = {name: measuring.median(found) for name, found in runs.items()}
    maru, bare, tfx = (seconds.get(name) for name in ("maru", "bare", "tfx"))
    keras, start = (seconds.get(name) for name in ("import_keras", "import_maru"))
    result = {}
    if maru and bare:
        result["Maru / bare"] = maru / bare
        if keras and start:
            result["(Maru - imports of TFX) / bare"] = (maru - (start - keras)) / bare
    if maru and tfx:
        result["Maru / TFX's example"] = maru / tfx
    return result


def stages(runs: Runs) -> dict[str, float]:
    """Seconds of each of Maru's stages in its last successful run."""
    logs = [pathlib.Path(m.log) for m in runs.get("maru", ()) if m.exit_code == 0]
    text = logs[-1].read_text(encoding="utf-8") if logs else ""
    return {stage: float(seconds) for stage, seconds in _STAGE.findall(text)}


def show(title: str, titles: Mapping[str, str], runs: Runs) -> Group:
    """A table of the times and one of the ratios.

    Args:
        title: What was run.
        titles: What each contender is, in words.
        runs: Measurements by contender.
    """
    times = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    times.add_column("")
    for name in ("wall s", "cpu s", "all wall s"):
        times.add_column(name, justify="right", overflow="fold")
    for name, found in runs.items():
        times.add_row(titles[name], *_cells(found))
    compared = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    compared.add_column("ratio of medians")
    compared.add_column("", justify="right")
    for name, value in ratios(runs).items():
        compared.add_row(name, f"{value:.2f}")
    return Group(times, compared)


def _cells(found: Sequence[measuring.Measurement]) -> list[str]:
    failed = [m for m in found if m.exit_code]
    values = ", ".join(f"{m.wall:.1f}" for m in found if not m.exit_code)
    if failed:
        values = f"failed ({failed[-1].exit_code}), see {failed[-1].log}  {values}".rstrip()
    medians = (measuring.median(found, field) for field in ("wall", "cpu"))
    return [*("-" if value is None else f"{value:.1f}" for value in medians), values]


def draw(title: str, titles: Mapping[str, str], runs: Runs, path: pathlib.Path) -> None:
    """Bars of the medians, Maru's divided into start and stages, a dot per run.

    Args:
        title: What was run.
        titles: What each contender is, in words.
        runs: Measurements by contender.
        path: PNG to write.
    """
    medians = {name: measuring.median(found) for name, found in runs.items()}
    shown = [name for name, value in medians.items() if value is not None]
    figure = Figure(figsize=(9, 1.4 + 0.5 * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    for row, name in enumerate(shown):
        if name == "maru":
            _draw_stages(axes, row, medians[name], stages(runs))
        else:
            axes.barh(row, medians[name], 0.6, color=_GREY)
        walls = [m.wall for m in runs[name] if m.exit_code == 0]
        axes.plot(walls, [row] * len(walls), ".", color="black", markersize=5)
        axes.annotate(
            f"{medians[name]:.1f} s",
            (max(walls), row),
            (6, 0),
            textcoords="offset points",
            verticalalignment="center",
        )
    axes.set_yticks(range(len(shown)), [titles[name].replace("; ", ";\n") for name in shown])
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlim(left=0)
    axes.set_xlabel("wall seconds, median (dots: each run)")
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def _draw_stages(axes: Any, row: int, total: float, seconds: Mapping[str, float]) -> None:
    start = max(total - sum(seconds.values()), 0.0)
    left = 0.0
    for index, (name, width) in enumerate({"start": start, **seconds}.items()):
        axes.barh(row, width, 0.6, left=left, color=_SHADES[index % 2])
        if width > 0.1 * total:
            axes.text(
                *(left + width / 2, row, f"{name}\n{width:.1f}"),
                **{"ha": "center", "va": "center", "color": "white", "fontsize": 6},
            )
        left += width
