"""Does easy data augmentation help? Wei and Zou (2019), table 2, staged again with Maru.

    python -m benchmarks.augmentation.eda --data FOLDER --sets eda_sst2,eda_subj,eda_cr

Every set, size and model is one `maru augment-test`: the same rows, model and seeds with and
without `augmentation: [eda]`, accuracy on the official test split. Rows of a small size are a
stratified sample. A killed benchmark continues; what has finished is read.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table
from sklearn.model_selection import train_test_split

from benchmarks.workers import BenchmarkError
from pipeline.display import run_view, style

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_CONFIGS = _ROOT / "configs" / "results"
MODELS = ("text_cnn", "text_bilstm", "text_minilm")
_SETTINGS: Mapping[tuple[str, str], Sequence[str]] = {
    (model, "full"): ("training.epochs=5", "training.batch_size=64")
    for model in ("text_cnn", "text_bilstm")
}
"""What differs from the YAML by model and size."""
PAPER = {
    ("text_cnn", "500"): (78.6, 80.7),
    ("text_cnn", "full"): (88.3, 88.8),
    ("text_bilstm", "500"): (75.3, 79.1),
    ("text_bilstm", "full"): (87.4, 88.3),
}
"""Wei and Zou's table 2, means of their five sets: without and with; their RNN is an LSTM."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One comparison."""

    name: str
    """Of the data set."""
    size: str
    """`500` or `full`."""
    model: str
    """One of `MODELS`."""

    @property
    def title(self) -> str:
        """Name of its runs."""
        return f"{self.name}_{self.size}_{self.model}"


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path),
    required=True,
    help="Folder with a folder for each set, and in that train.tsv and test.tsv.",
)
@click.option("--sets", default="eda_sst2,eda_subj,eda_cr", show_default=True)
@click.option("--sizes", default="500,full", show_default=True)
@click.option("--models", default=",".join(MODELS), show_default=True)
@click.option("--seeds", default=5, show_default=True)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder of the runs.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks"),
    show_default=True,
    help="Folder for eda.json and eda.png.",
)
def main(
    data: pathlib.Path,
    sets: str,
    sizes: str,
    models: str,
    seeds: int,
    workspace: pathlib.Path,
    out: pathlib.Path,
) -> None:
    """Compare, then print, write and draw."""
    terminal = Console(highlight=False)
    found = []
    cells = [
        Cell(name, size, model)
        for model in models.split(",")
        for size in sizes.split(",")
        for name in sets.split(",")
    ]
    for number, cell in enumerate(cells, 1):
        terminal.print(f"{cell.title}: {number} of {len(cells)}", style="bold")
        found.append((cell, _compare(cell, data, seeds, workspace.resolve())))
    out.mkdir(parents=True, exist_ok=True)
    figures = [{"cell": dataclasses.asdict(cell), "report": report} for cell, report in found]
    (out / "eda.json").write_text(json.dumps(figures, indent=2), "utf-8")
    _draw(found, out / "eda.png")
    terminal.print(_table(found))
    terminal.print(f"{out / 'eda.json'}, eda.png beside it", style="dim")


def _compare(cell: Cell, data: pathlib.Path, seeds: int, workspace: pathlib.Path) -> dict:
    """What `maru augment-test` writes; read if it is there for the same settings."""
    written = workspace / "runs" / cell.title / "augment_test" / "augment_test.json"
    config = _CONFIGS / f"eda_{cell.model}.yaml"
    folder = _sample(cell, data, workspace / "samples")
    settings = [
        f"name={cell.title}",
        f"data.source.path={folder}",
        *_SETTINGS.get((cell.model, cell.size), ()),
    ]
    asked = json.dumps([config.read_text("utf-8"), settings, seeds])
    done = written.with_name("asked.json")
    if done.is_file() and done.read_text("utf-8") == asked:
        return json.loads(written.read_text("utf-8"))
    command = [sys.executable, "-m", "pipeline", "augment-test"]
    command += [str(config), "--seeds", str(seeds)]
    command += ["--workspace", str(workspace)]
    for setting in settings:
        command += ["--set", setting]
    env = {**os.environ, "TF_USE_LEGACY_KERAS": "0"}
    if subprocess.run(command, cwd=_ROOT, env=env, check=False).returncode:
        raise BenchmarkError(f"{cell.title} failed; what it printed is above.")
    done.write_text(asked, "utf-8")
    return json.loads(written.read_text("utf-8"))


def _sample(cell: Cell, data: pathlib.Path, samples: pathlib.Path) -> pathlib.Path:
    """A folder with the training rows of a size and all test rows."""
    source, target = data / cell.name, samples / f"{cell.name}_{cell.size}"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "test.tsv", target / "test.tsv")
    header, *rows = (source / "train.tsv").read_text("utf-8").split("\n")
    rows = [row for row in rows if row]
    if cell.size != "full":
        labels = [row.rsplit("\t", 1)[1] for row in rows]
        count = int(cell.size)
        rows, _ = train_test_split(rows, train_size=count, stratify=labels, random_state=0)
    (target / "train.tsv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return target


def _mean(report: Mapping[str, Any], arm: str) -> float:
    [row] = [row for row in report["rows"] if row["name"] == arm]
    return 100 * statistics.mean(row["headlines"])


def _contrast(report: Mapping[str, Any]) -> dict[str, Any]:
    [row] = [row for row in report["rows"] if row["name"] == "with"]
    return row["contrast"]


def _table(found: Sequence[tuple[Cell, Mapping[str, Any]]]) -> Table:
    rows = []
    for cell, report in found:
        contrast = _contrast(report)
        rows.append(
            [
                f"{cell.model} {cell.size} {cell.name}",
                f"{_mean(report, 'without'):.1f}",
                f"{_mean(report, 'with'):.1f}",
                f"{100 * contrast['mean']:+.1f}",
                *(_interval(contrast[name]) for name in ("over_seeds", "over_examples")),
            ]
        )
    for (model, size), (without, augmented) in PAPER.items():
        if any((cell.model, cell.size) == (model, size) for cell, _ in found):
            gained = f"{augmented - without:+.1f}"
            rows.append([f"{model} {size} paper", f"{without}", f"{augmented}", gained, "", ""])
    return run_view.grid(["", "without", "EDA", "gain", "over seeds", "over examples"], rows)


def _interval(ends: Sequence[float]) -> str:
    return f"{100 * ends[0]:+.1f} to {100 * ends[1]:+.1f}"


def _draw(found: Sequence[tuple[Cell, Mapping[str, Any]]], path: pathlib.Path) -> None:
    """A panel for each model: the difference on each set by size, beside the paper's."""
    models = list(dict.fromkeys(cell.model for cell, _ in found))
    figure = Figure(figsize=(3.6 * len(models) + 1, 4), layout="constrained")
    panels = figure.subplots(1, len(models), sharex=True, squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        _panel(axes, model, [(c, report) for c, report in found if c.model == model])
    most = max(len(axes.get_yticks()) for axes in panels)
    for axes in panels:
        axes.set_ylim(0.5 - most, 0.5)  # Lines of all panels are as far apart.
    handles, names = panels[0].get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure.legend(
        unique.values(),
        unique.keys(),
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=8,
    )
    figure.supxlabel("accuracy with EDA less that without, percentage points", fontsize=9)
    figure.savefig(path, dpi=150)


def _panel(axes: Axes, model: str, found: Sequence[tuple[Cell, Mapping[str, Any]]]) -> None:
    lines = []
    for cell, report in found:
        contrast = _contrast(report)
        place = -len(lines)
        low, high = (100 * end for end in contrast["over_seeds"])
        axes.hlines(place, low, high, style.BLUE, linewidth=2.5, label="95 % over seeds")
        low, high = (100 * end for end in contrast["over_examples"])
        axes.hlines(place - 0.18, low, high, style.GREY, linewidth=1.2, label="95 % over examples")
        axes.plot([100 * contrast["mean"]], [place], "D", color=style.BLUE, markersize=5)
        lines.append(f"{cell.name}, {cell.size}")
    for size in dict.fromkeys(cell.size for cell, _ in found):
        if (model, size) in PAPER:
            without, augmented = PAPER[model, size]
            place = -len(lines)
            axes.plot([augmented - without], [place], "s", color=style.RED, label="paper's mean")
            lines.append(f"paper, {size}")
    axes.axvline(0, color=style.GREY, linewidth=1)
    axes.set_yticks(range(0, -len(lines), -1), lines)
    axes.set_title(model, fontsize=10, loc="left")
    style.frame(axes, grid="x")


if __name__ == "__main__":
    main()
