"""What pre-training for some minutes is worth to a task of few examples.

    python -m benchmarks.pretraining FILE FOLDER [--minutes 40] [--seeds 5]

Pre-trains `configs/results/enwiki_bert.yaml` on as many lines of FILE (plain text, a paragraph a
line) as the minutes of training last for, which a short run beforehand measures, and tells the
masked accuracy of each minute. Then it fine-tunes `configs/results/enwiki_bert_sst2.yaml` on 500
rows that are drawn from `train.tsv` of FOLDER, judged on its `test.tsv`, and trains the same net
with the same vocabulary from fresh weights, each with several seeds.
"""

import datetime
import gzip
import itertools
import json
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator

import click
import yaml

ROOT = pathlib.Path(__file__).parents[1]
CONFIGS = ROOT / "configs" / "results"
_PROBED = 6_000
"""Lines of the run that measures how fast it goes."""
_SETTLED = 20
"""Steps before the pace is measured: the first ones prepare kernels."""
_WATCHED = "masked_accuracy"
_EXAMPLES = 500
"""Rows of the task that are learned from."""
_STEP = re.compile(r"^(\S+ \S+) INFO maru.progress: epoch \d+/\d+ step (\d+)/(\d+) (.*)")
_RATES = {"fine-tuned": 1e-4, "fresh": 5e-4}
"""Learning rates: fresh weights need a greater one."""

Step = tuple[datetime.datetime, int, int, float]
"""Time, step of the epoch, steps of it, and a figure's mean of the epoch so far."""


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--minutes", type=float, default=40, show_default=True)
@click.option("--seeds", type=int, default=5, show_default=True)
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/enwiki")
def main(
    file: pathlib.Path, folder: pathlib.Path, minutes: float, seeds: int, workspace: pathlib.Path
) -> None:
    """See the module."""
    workspace = workspace.absolute()
    begin = run(workspace, "enwiki_bert", "probe", source=lines_of(file, _PROBED, workspace))
    wanted = int(_PROBED * lasting(list(steps_of(begin, _WATCHED)), minutes))
    click.echo(f"{wanted:,} lines for {minutes:g} minutes")
    log = run(workspace, "enwiki_bert", "pretrained", source=lines_of(file, wanted, workspace))
    for minute, (accuracy, done) in enumerate(by_minute(list(steps_of(log, _WATCHED))), 1):
        click.echo(f"minute {minute}: masked accuracy {accuracy:.3f} after {done:,} steps")
    data = _task(folder, workspace)
    version = max((workspace / "served" / "enwiki_bert_pretrained").glob("[0-9]*"))
    for name, model in _models(version, log).items():
        figures = []
        for seed in range(seeds):
            settings = [f"training.seed={seed}", f"training.learning_rate={_RATES[name]}"]
            told = run(
                workspace,
                "enwiki_bert_sst2",
                f"{name}_{seed}",
                source=data,
                model=model,
                settings=settings,
            )
            summary = json.loads((told.parent / "summary.json").read_text("utf-8"))
            figures.append(summary["metrics"]["all"]["accuracy"])
            click.echo(f"{name}, seed {seed}: accuracy {figures[-1]:.3f}")
        spread = statistics.stdev(figures) if seeds > 1 else 0.0
        click.echo(f"{name}: {statistics.mean(figures):.3f}, deviation {spread:.3f}")


def lasting(steps: list[Step], minutes: float) -> float:
    """How many times as many examples last for some minutes.

    Args:
        steps: Of one epoch.
        minutes: Of training.
    """
    (first, since, *_), (last, until, *_) = steps[_SETTLED], steps[-1]
    seconds = (last - first).total_seconds() / (until - since)
    return minutes * 60 / seconds / steps[-1][2]


def by_minute(steps: list[Step]) -> Iterator[tuple[float, int]]:
    """A figure's mean in each minute since the first step, and the steps until its end.

    The log tells the mean since the begin of an epoch; what a minute adds to it is its own.

    Args:
        steps: Of one epoch.
    """
    begin, before, total = steps[0][0], 0, 0.0
    for _, found in itertools.groupby(steps, lambda step: (step[0] - begin).total_seconds() // 60):
        *_, (_, done, _, mean) = found
        yield (mean * done - total) / (done - before), done
        before, total = done, mean * done


def steps_of(log: pathlib.Path, figure: str) -> Iterator[Step]:
    """The steps of a run's only epoch.

    Args:
        log: Of the run.
        figure: What is watched, as the log names it.
    """
    for line in log.read_text("utf-8").splitlines():
        found = _STEP.match(line)
        if found and "val_loss" not in line:  # Which is told after the split was judged.
            time, step, steps, told = found.groups()
            figures = dict(zip(told.split()[::2], told.split()[1::2], strict=True))
            yield (
                datetime.datetime.strptime(time, "%Y-%m-%d %H:%M:%S,%f"),
                int(step),
                int(steps),
                float(figures[figure]),
            )


def run(
    workspace: pathlib.Path,
    config: str,
    name: str,
    *,
    source: pathlib.Path,
    model: dict[str, object] | None = None,
    settings: list[str] | None = None,
) -> pathlib.Path:
    """Run a config; returns its log.

    Args:
        workspace: Of the runs.
        config: Name of a file in `configs/results`.
        name: What is added to the name of the run.
        source: Its data.
        model: Another one than the config's.
        settings: Others.
    """
    told = yaml.safe_load((CONFIGS / f"{config}.yaml").read_text("utf-8"))
    told["name"] = f"{config}_{name}".replace("-", "_")
    told["data"]["source"]["path"] = str(source)
    told["model"] = model or told["model"]
    path = workspace / f"{told['name']}.yaml"
    path.write_text(yaml.safe_dump(told), "utf-8")
    command = [sys.executable, "-m", "pipeline", "run", str(path), "--workspace", str(workspace)]
    subprocess.run([*command, *(f"--set={one}" for one in settings or [])], check=True, cwd=ROOT)
    return max((workspace / "runs" / told["name"] / "log").glob("*/log.txt"))


def lines_of(file: pathlib.Path, count: int, workspace: pathlib.Path) -> pathlib.Path:
    """The first lines of a file, in a file of their own."""
    workspace.mkdir(parents=True, exist_ok=True)
    path = workspace / f"{count}.txt"
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rb") as source, path.open("wb") as target:
        target.writelines(itertools.islice(source, count))
    return path


def _task(folder: pathlib.Path, workspace: pathlib.Path) -> pathlib.Path:
    data = workspace / "task"
    data.mkdir(exist_ok=True)
    head, *rows = (folder / "train.tsv").read_text("utf-8").splitlines()
    drawn = random.Random(0).sample(rows, _EXAMPLES)
    (data / "train.tsv").write_text("".join(f"{row}\n" for row in (head, *drawn)), "utf-8")
    shutil.copyfile(folder / "test.tsv", data / "test.tsv")
    return data


def _models(version: pathlib.Path, log: pathlib.Path) -> dict[str, dict[str, object]]:
    """The model of the task with pre-trained and with fresh weights, and the same vocabulary."""
    tuned = yaml.safe_load((CONFIGS / "enwiki_bert_sst2.yaml").read_text("utf-8"))["model"]
    preset = version / "assets.extra" / "preset"
    fresh = yaml.safe_load((CONFIGS / "enwiki_bert.yaml").read_text("utf-8"))["model"]
    # A preset's file of pieces is that of the tokenizer.
    vocabulary = preset / "assets" / "tokenizer" / "vocabulary.txt"
    fresh |= {
        "tokenizer_file": str(vocabulary),
        "sequence_length": tuned["sequence_length"],
        "dropout": 0.1,
    }
    return {"fine-tuned": {**tuned, "preset": str(preset)}, "fresh": fresh}


if __name__ == "__main__":
    main()
