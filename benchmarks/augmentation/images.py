"""How fast images are augmented, against Keras's layers and albumentations.

Same operations on the same images, one thread each, in processes of their own that take turns, so
that what else the machine does falls on all. What counts is processor time, which is what an
operation takes of a core. Albumentations lives in an environment that the first run installs below
--out.
"""

import json
import os
import pathlib
import statistics
import sys
from typing import Any

import click
from rich.console import Console

from benchmarks import workers
from benchmarks.augmentation.images_worker import OPERATIONS
from pipeline.display import run_view

_REQUIREMENTS = ("albumentations==2.0.8", "opencv-python-headless==4.12.0.88", "numpy")
_SIZES = (224, 32)
_WORKERS = ("Maru", "Keras", "albumentations")


@click.command()
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--peer-python", help="Use this environment instead of installing one.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks"),
    show_default=True,
)
def main(batch: int, rounds: int, peer_python: str | None, out: pathlib.Path) -> None:
    """Images per second and core, against Keras's layers and albumentations."""
    terminal = Console(highlight=False)
    folder = out.resolve() / "augment_images"
    folder.mkdir(parents=True, exist_ok=True)
    peer = peer_python or workers.environment(
        folder / "environment", _REQUIREMENTS, "albumentations", terminal.print
    )
    rates: dict[str, dict[str, list[float]]] = {}
    for size in _SIZES:
        pythons = (sys.executable, sys.executable, peer)
        asked = [
            _start(name, python, size, batch, folder)
            for name, python in zip(_WORKERS, pythons, strict=True)
        ]
        for operation in OPERATIONS:
            measured = rates.setdefault(f"{operation}, {size} px", {name: [] for name in _WORKERS})
            for _ in range(rounds):
                for worker in asked:
                    seconds = worker.ask(operation=operation)["seconds"]
                    if seconds is not None:
                        measured[worker.title].append(batch / seconds)
        for worker in asked:
            worker.end()
    terminal.print("images per second and core, medians, and Maru's as multiples of them")
    terminal.print(_table(rates))
    result = {"batch": batch, "processors": os.cpu_count(), "images_per_second": rates}
    (folder / "augment_images.json").write_text(json.dumps(result, indent=2), "utf-8")
    terminal.print(f"written: {folder / 'augment_images.json'}; logs beside it", soft_wrap=True)


def _start(name: str, python: str, size: int, batch: int, folder: pathlib.Path) -> workers.Worker:
    arguments = ["-m", "benchmarks.augmentation.images_worker", name.lower(), str(size), str(batch)]
    log = folder / f"{name.lower()}_{size}.log"
    return workers.Worker.start(name, [python, *arguments], log)


def _table(rates: dict[str, dict[str, list[float]]]) -> Any:
    columns = ["operation", *_WORKERS, "x Keras", "x alb."]
    rows = []
    for operation, measured in rates.items():
        medians = [statistics.median(measured[n]) if measured[n] else None for n in _WORKERS]
        ratios = [f"{medians[0] / peer:.2f}" if peer else "" for peer in medians[1:]]
        rows.append([operation, *(f"{m:,.0f}" if m else "" for m in medians), *ratios])
    return run_view.grid(columns, rows)
