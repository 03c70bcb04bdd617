"""How fast Maru fine-tunes MiniLM, against Hugging Face Transformers on PyTorch.

    python -m benchmarks.training [--length 128] [--batch 32] [--rounds 5]

Both start from the same file of weights and see the same batch; their outputs are compared first.
Each is a process of its own, and they take turns, so that what else the machine does falls on
both. PyTorch lives in an environment that the first run installs below --out; if the package
index has no `torch==...+cpu`, add one that has by PIP_EXTRA_INDEX_URL, such as
https://download.pytorch.org/whl/cpu.
"""

import csv
import json
import os
import pathlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

import click
import numpy as np
from rich.console import Console

from benchmarks.training import worker as training_worker
from benchmarks.workers import BenchmarkError, Worker, environment
from components.ingest.samples import table as samples
from pipeline.display import run_view

_REQUIREMENTS = ("torch==2.13.0+cpu", "transformers==5.23.0", "numpy")
_LEARNING_RATE = 2.0e-5
_CLASSES = 2
_LARGEST_DIFFERENCE = 1e-3
_PEER = "Transformers"
_TASKS = {"train": "training", "infer": "inference"}


@click.command()
@click.option("--length", type=click.IntRange(3, 512), default=128, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--steps", type=click.IntRange(1), default=5, show_default=True, help="Batches of a round."
)
@click.option("--peer-python", help="Use this environment instead of installing one.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks"),
    show_default=True,
)
def main(
    length: int, batch: int, rounds: int, steps: int, peer_python: str | None, out: pathlib.Path
) -> None:
    """Measure, print, write."""
    terminal = Console(highlight=False)
    folder = out.resolve() / "training"
    folder.mkdir(parents=True, exist_ok=True)
    python = peer_python or environment(
        folder / "environment", _REQUIREMENTS, "PyTorch and Transformers", terminal.print
    )
    preset = _prepare(folder, length, batch)
    arguments = [str(folder), str(_LEARNING_RATE)]
    ours = [sys.executable, "-m", "benchmarks.training.maru", *arguments]
    theirs = [python, "-m", "benchmarks.training.torch_peer", *arguments, preset]
    workers = [
        Worker.start("Maru", ours, folder / "maru.log"),
        Worker.start("Maru with XLA", [*ours, "xla"], folder / "maru_xla.log"),
        Worker.start(_PEER, theirs, folder / "transformers.log"),
    ]
    difference = _compare(workers)
    terminal.print(f"largest difference of the logits: {difference:.2g}")
    rates = _measure(workers, rounds, steps, batch, terminal)
    for worker in workers:
        worker.end()
    terminal.print(_table(rates))
    result = {
        "length": length,
        "batch": batch,
        "steps": steps,
        "processors": os.cpu_count(),
        "largest_difference": difference,
        "examples_per_second": rates,
        "ratios": {task: _ratios(rates[task]) for task in rates},
    }
    (folder / "training.json").write_text(json.dumps(result, indent=2), "utf-8")
    terminal.print(f"written: {folder / 'training.json'}; logs beside it")


def _prepare(folder: pathlib.Path, length: int, batch: int) -> str:
    """Write the batch and the head; the folder of the weights."""
    from models.text import presets, pretrained

    encoder = pretrained.encoder(pretrained.PretrainedTextConfig(sequence_length=length))
    inputs = encoder({"text": _texts(folder, batch)})
    rng = np.random.default_rng(0)
    np.savez(
        folder / training_worker.BATCH_FILE,
        token_ids=np.array(inputs["token_ids"], "int32"),
        padding_mask=np.array(inputs["padding_mask"], "int32"),
        labels=rng.integers(_CLASSES, size=batch),
        kernel=rng.normal(0, 0.02, (384, _CLASSES)).astype("float32"),
        bias=np.zeros(_CLASSES, "float32"),
    )
    return presets.resolve("minilm")


def _texts(folder: pathlib.Path, count: int) -> list[str]:
    """Film reviews, most of them longer than the longest batch."""
    table = samples.materialise("imdb_small", str(folder / "samples"))
    with open(table.path, encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    return [texts[index % len(texts)] for index in range(count)]


def _compare(workers: Sequence[Worker]) -> float:
    """Largest difference of the logits before any training."""
    answers = [np.array(worker.ask(task="logits")["logits"]) for worker in workers]
    difference = float(max(np.max(np.abs(answer - answers[-1])) for answer in answers))
    if difference > _LARGEST_DIFFERENCE:
        raise BenchmarkError(
            f"They do not compute the same: logits differ by up to {difference:.3g}, expected "
            f"at most {_LARGEST_DIFFERENCE:g}."
        )
    return difference


def _measure(
    workers: Sequence[Worker], rounds: int, steps: int, batch: int, terminal: Console
) -> dict[str, dict[str, list[float]]]:
    """Examples per second by task and worker, one figure a round."""
    rates: dict[str, dict[str, list[float]]] = {}
    for task in _TASKS:
        rates[task] = {worker.title: [] for worker in workers}
        for worker in workers:
            worker.ask(task=task, steps=2)  # The first steps trace and allocate.
        for number in range(rounds):
            # Who goes first changes, too.
            for worker in workers if number % 2 == 0 else list(reversed(workers)):
                seconds = worker.ask(task=task, steps=steps)["seconds"]
                rates[task][worker.title].append(steps * batch / seconds)
            shown = ", ".join(f"{title} {rates[task][title][-1]:.1f}" for title in rates[task])
            terminal.print(f"{_TASKS[task]}, round {number + 1}: {shown} examples/s", style="dim")
    return rates


def _ratios(rates: dict[str, list[float]]) -> dict[str, float]:
    """By worker, the median ratio to the peer in the same round: above 1, Maru is faster."""
    return {
        title: statistics.median(
            ours / theirs for ours, theirs in zip(rates[title], rates[_PEER], strict=True)
        )
        for title in rates
        if title != _PEER
    }


def _table(rates: dict[str, dict[str, list[float]]]) -> Any:
    columns = ["examples/s", *_TASKS.values(), *(f"{name}, ratio" for name in _TASKS.values())]
    ratios = {task: _ratios(rates[task]) for task in rates}
    rows = [
        [
            title,
            *(f"{statistics.median(rates[task][title]):.1f}" for task in rates),
            *(f"{ratios[task][title]:.2f}" if title != _PEER else "" for task in rates),
        ]
        for title in rates["train"]
    ]
    return run_view.grid(columns, rows)


if __name__ == "__main__":
    main()
