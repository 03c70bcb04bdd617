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
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

import click
import yaml
from scipy import stats

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
    version, log = pre_trained(workspace, "enwiki_bert", _WATCHED, file, minutes)
    data = task(folder, workspace, {})
    models = _models(version)
    told = compared(workspace, "enwiki_bert_sst2", data, models, _RATES, seeds, "accuracy")
    for line in told:
        click.echo(line)


def pre_trained(
    workspace: pathlib.Path, config: str, watched: str, file: pathlib.Path, minutes: float
) -> tuple[pathlib.Path, pathlib.Path]:
    """Pre-train for some minutes and tell a figure of each.

    Args:
        workspace: Of the runs.
        config: Name of a file in `configs/results`.
        watched: The figure, as the log names it.
        file: Plain text, a paragraph a line.
        minutes: Of training.

    Returns:
        The pushed version, and the log of its run.
    """
    begin = run(workspace, config, "probe", source=lines_of(file, _PROBED, workspace))
    wanted = int(_PROBED * lasting(list(steps_of(begin, watched)), minutes))
    click.echo(f"{wanted:,} lines for {minutes:g} minutes")
    log = run(workspace, config, "pretrained", source=lines_of(file, wanted, workspace))
    name = watched.replace("_", " ")
    for minute, (mean, done) in enumerate(by_minute(list(steps_of(log, watched))), 1):
        click.echo(f"minute {minute}: {name} {mean:.3f} after {done:,} steps")
    served = workspace / "served" / f"{config}_pretrained"
    return max(served.glob("[0-9]*"), key=lambda version: int(version.name)), log


def compared(
    workspace: pathlib.Path,
    config: str,
    data: pathlib.Path,
    models: Mapping[str, Mapping[str, object]],
    rates: Mapping[str, float],
    seeds: int,
    figure: str,
) -> Iterator[str]:
    """Train several models of a task, each with some seeds, and tell what each reaches.

    Args:
        workspace: Of the runs.
        config: Name of a file in `configs/results`.
        data: Of the task.
        models: The sections `model` by name.
        rates: Learning rates by the same names.
        seeds: How many.
        figure: Of the evaluated split.
    """
    for name, model in models.items():
        figures = []
        for seed in range(seeds):
            settings = [f"training.seed={seed}", f"training.learning_rate={rates[name]}"]
            told = run(
                workspace,
                config,
                f"{name}_{seed}",
                source=data,
                model=dict(model),
                settings=settings,
            )
            summary = json.loads((told.parent / "summary.json").read_text("utf-8"))
            figures.append(summary["metrics"]["all"][figure])
            yield f"{name}, seed {seed}: {figure} {figures[-1]:.3f}"
        yield f"{name}: {spread(figures)}"


def spread(figures: Sequence[float]) -> str:
    """Mean of the figures of several seeds with Student's 95 % interval, and their deviation."""
    mean = statistics.mean(figures)
    if len(figures) < 2:
        return f"{mean:.3f}"
    deviation = statistics.stdev(figures)
    half = stats.t.ppf(0.975, len(figures) - 1) * deviation / len(figures) ** 0.5
    return f"{mean:.3f} ({mean - half:.3f} to {mean + half:.3f}), deviation {deviation:.3f}"


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


def task(folder: pathlib.Path, workspace: pathlib.Path, words: Mapping[str, str]) -> pathlib.Path:
    """Write the few rows that are drawn, and all that they are judged on.

    Args:
        folder: With `train.tsv` and `test.tsv`, whose last column is the answer.
        workspace: To write in.
        words: What is written for an answer, if it is to be another word.
    """
    data = workspace / "task"
    data.mkdir(parents=True, exist_ok=True)

    def worded(row: str) -> str:
        text, _, answer = row.rpartition("\t")
        return f"{text}\t{words.get(answer, answer)}\n"

    head, *rows = (folder / "train.tsv").read_text("utf-8").splitlines()
    drawn = random.Random(0).sample(rows, _EXAMPLES)
    _, *judged = (folder / "test.tsv").read_text("utf-8").splitlines()
    for name, part in (("train", drawn), ("test", judged)):
        (data / f"{name}.tsv").write_text("".join([f"{head}\n", *map(worded, part)]), "utf-8")
    return data


def _models(version: pathlib.Path) -> dict[str, dict[str, object]]:
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
