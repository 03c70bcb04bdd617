"""What the pipeline costs over a script that does the same, and against TFX's own example.

    python -m benchmarks.pipeline_overhead [--load library_docs] [--repeats 2]

Every contender runs in a fresh process that pays its imports; contenders alternate. Nothing is
asserted about the times: they are of this machine. Results go to a table, a JSON and a chart.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
from importlib import metadata
from typing import Any

import click
from rich.console import Console

from benchmarks import contenders, measuring, report

LOADS = {
    "imdb_small": contenders.ROOT / "benchmarks" / "imdb_small.yaml",
    "library_docs": contenders.ROOT / "configs" / "library_docs.yaml",
}
_DISTRIBUTIONS = ("tfx", "tensorflow-cpu", "keras", "apache-beam", "tensorflow-model-analysis")


@click.command()
@click.option("--load", "name", type=click.Choice(list(LOADS)), default="imdb_small")
@click.option("--repeats", type=click.IntRange(1), default=2, show_default=True)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Training steps on imdb_small, rounded up to epochs. TFX's example as shipped has 500, "
    "which mostly measure its LSTM.",
)
@click.option("--only", multiple=True, help="Measure only these contenders. Repeatable.")
@click.option("--timeout", type=float, default=1800.0, show_default=True, help="Seconds a run.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks"),
    show_default=True,
)
def main(
    name: str, repeats: int, steps: int, only: tuple[str, ...], timeout: float, out: pathlib.Path
) -> None:
    """Measure, print, write."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    is_small = name == "imdb_small"
    terminal = Console(highlight=False)
    load = contenders.prepare(LOADS[name], out, steps if is_small else None)
    found = [*contenders.of_load(load, with_tfx=is_small), *contenders.imports()]
    found = [c for c in found if not only or c.name in only]
    runs = _measure(found, repeats, timeout, out / "logs" / name, terminal)
    titles = {contender.name: contender.title for contender in found}
    machine = _machine()
    title = (
        f"{name}: {load.num_train} training rows, {load.steps} steps of {load.batch_size}; "
        f"{machine['processors']} processors"
    )
    terminal.print(report.show(title, titles, runs))
    report.draw(title, titles, runs, out / f"{name}.png")
    result = {
        "load": {**dataclasses.asdict(load), "config": load.config.read_text(encoding="utf-8")},
        "machine": machine,
        "ratios": report.ratios(runs),
        "maru_stages": report.stages(runs),
        "runs": {key: [dataclasses.asdict(m) for m in value] for key, value in runs.items()},
    }
    (out / f"{name}.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
    terminal.print(f"written: {out / name}.json, .png; logs in {out / 'logs' / name}")


def _measure(
    found: list[contenders.Contender],
    repeats: int,
    timeout: float,
    logs: pathlib.Path,
    terminal: Console,
) -> dict[str, list[measuring.Measurement]]:
    """Alternate the contenders; each run gets an empty folder, deleted afterwards."""
    runs: dict[str, list[measuring.Measurement]] = {contender.name: [] for contender in found}
    with terminal.status("reading the libraries into the file cache"):
        (largest,) = (c for c in contenders.imports() if c.name == "import_tfx")
        _run(largest, logs / "warm_up.txt", timeout)
    for repeat in range(repeats):
        for contender in found:
            with terminal.status(f"{contender.title}, {repeat + 1} of {repeats}"):
                log = logs / f"{contender.name}-{repeat + 1}.txt"
                result = _run(contender, log, timeout)
            runs[contender.name].append(result)
            outcome = "" if result.exit_code == 0 else f"  failed, see {result.log}"
            terminal.print(f"{contender.title:<46}{result.wall:7.1f} s{outcome}", markup=False)
    return runs


def _run(
    contender: contenders.Contender, log: pathlib.Path, timeout: float
) -> measuring.Measurement:
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{contender.name}-"))
    try:
        command = contender.command(folder)
        return measuring.run(command, log, contenders.ROOT, contender.env, timeout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _machine() -> dict[str, Any]:
    """What the times depend on."""
    versions = {}
    for distribution in _DISTRIBUTIONS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[distribution] = metadata.version(distribution)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=contenders.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "processors": os.cpu_count(),
        "load_average_at_end": os.getloadavg(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "commit": commit.stdout.strip(),
    }


if __name__ == "__main__":
    main()
