"""`maru predict NAME --input FILE` beside the SavedModel alone: speed, memory, a kill.

    .venv/bin/python -m benchmarks.scoring [--texts 100000] [--images 5000] [--rounds 2]

The command reads, checks, asks, keeps and writes every row; the SavedModel alone gets rows that
are in memory, in full batches of the same size. Both run in a process of their own, and the clock
of neither counts imports and the loading of the model. They take turns. Then a command is killed
with `kill -9` in the middle and run again, and its output compared with an uninterrupted one.
"""

from __future__ import annotations

import csv
import json
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

import click
import numpy as np

from benchmarks import measuring
from benchmarks.scoring import data
from serving.repository import storage

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 64
_RATE = re.compile(r"([\d,]+) rows a second")


class Load:
    """A model and the rows that it is asked about.

    Args:
        column: `text` or `image`, which also names config and files.
        out: Folder of everything that is written.
        count: Rows.
    """

    def __init__(self, column: str, out: pathlib.Path, count: int):
        self.column, self.out, self.count = column, out, count
        self.name = f"scored_{column}s"
        self.table = out / f"{column}s.csv"

    def prepare(self) -> None:
        """Make the rows, and train the model if it is not there."""
        write = {"text": data.write_texts, "image": data.write_images}[self.column]
        write(self.table, self.count)
        if not storage.find_versions(self.out / "served" / self.name):
            config = pathlib.Path(__file__).with_name(f"{self.column}s.yaml")
            self._measure([*_maru("run", str(config)), *self._workspace()], "train")

    def few(self) -> pathlib.Path:
        """A table of the first tenth of the rows."""
        path = self.table.with_name(f"few_{self.table.name}")
        lines = self.table.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[: 1 + self.count // 10]), encoding="utf-8")
        return path

    def alone(self) -> float:
        """Rows per second of the SavedModel alone."""
        versions = storage.find_versions(self.out / "served" / self.name)
        given = [str(versions[max(versions)]), str(self.table), self.column, str(BATCH)]
        log = self._measure([sys.executable, "-m", "benchmarks.scoring.bare", *given], "bare").log
        return float(pathlib.Path(log).read_text().splitlines()[-1])

    def command(self, table: pathlib.Path, output: str) -> list[str]:
        """The command that scores a table."""
        given = ["--input", str(table), "--output", str(self.out / output), "--force"]
        return [*_maru("predict", self.name, *given), *self._workspace()]

    def scored(self, table: pathlib.Path, output: str) -> tuple[float, float]:
        """Rows per second of the command, and the MiB that it had at its peak."""
        found = self._measure(self.command(table, output), "predict")
        (rate,) = _RATE.findall(pathlib.Path(found.log).read_text())
        return float(rate.replace(",", "")), found.peak_mib

    def killed_and_continued(self, output: str) -> int:
        """Kill the command about half way, run it again; how many rows the first one had kept."""
        journal = self.out / f".{output}.unfinished"
        whole = (self.out / "whole.csv").stat().st_size
        process = subprocess.Popen(
            self.command(self.table, output), stdout=subprocess.DEVNULL, cwd=ROOT
        )
        while process.poll() is None and not (
            journal.exists() and journal.stat().st_size > 0.5 * whole
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            raise click.ClickException(f"It ended before it was killed: {process.returncode}")
        kept = journal.read_bytes().count(b"\n") - 1
        self.scored(self.table, output)
        return kept

    def _measure(self, command: list[str], name: str) -> measuring.Measurement:
        log = self.out / f"{self.name}_{name}.log"
        found = measuring.run(command, log, ROOT, {"TF_CPP_MIN_LOG_LEVEL": "3"}, 3600)
        if found.exit_code:
            raise click.ClickException(f"exit code {found.exit_code}, see {log}")
        return found

    def _workspace(self) -> list[str]:
        return ["--workspace", str(self.out)]


def _maru(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline", *arguments]


def differences(first: pathlib.Path, second: pathlib.Path) -> tuple[int, float]:
    """Rows that are not the same in two outputs, and the largest difference of a probability.

    Args:
        first: CSV of an uninterrupted command.
        second: CSV of a continued one.

    Returns:
        Rows that are missing, doubled, elsewhere or hold something else, and the difference.
    """
    csv.field_size_limit(sys.maxsize)
    tables = []
    for path in (first, second):
        with open(path, encoding="utf-8", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    wrong, largest = abs(len(tables[0]) - len(tables[1])), 0.0
    for one, other in zip(*tables, strict=False):
        before, after = (json.loads(row.pop("predicted_probabilities")) for row in (one, other))
        wrong += one != other
        both = [np.array([scores[name] for name in sorted(scores)]) for scores in (before, after)]
        largest = max(largest, float(np.abs(both[0] - both[1]).max()))
    return wrong, largest


@click.command()
@click.option("--texts", type=click.IntRange(1000), default=100_000, show_default=True)
@click.option("--images", type=click.IntRange(500), default=5_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--only", type=click.Choice(["text", "image"]), help="Measure only this load.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks/scoring"),
    show_default=True,
)
def main(texts: int, images: int, rounds: int, only: str | None, out: pathlib.Path) -> None:
    """Measure and print."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for load in (Load("text", out, texts), Load("image", out, images)):
        if only not in (None, load.column):
            continue
        load.prepare()
        _, few = load.scored(load.few(), "few.csv")
        shares = []
        for turn in range(rounds):
            if turn % 2:
                scored, many = load.scored(load.table, "whole.csv")
                alone = load.alone()
            else:
                alone = load.alone()
                scored, many = load.scored(load.table, "whole.csv")
            shares.append(scored / alone)
            click.echo(
                f"{load.name}: {scored:,.0f} rows a second, the SavedModel alone {alone:,.0f}: "
                f"{shares[-1]:.2f}"
            )
        click.echo(f"{load.name}, median of {rounds}: {statistics.median(shares):.2f}")
        click.echo(
            f"{load.name}: at most {many:,.0f} MiB with {load.count:,} rows, "
            f"{few:,.0f} MiB with a tenth of them"
        )
        kept = load.killed_and_continued("continued.csv")
        wrong, largest = differences(out / "whole.csv", out / "continued.csv")
        click.echo(
            f"{load.name}: killed after {kept:,} rows and continued: {wrong} rows lost, doubled "
            f"or changed; probabilities differ by {largest:.1e} at most"
        )


if __name__ == "__main__":
    main()
