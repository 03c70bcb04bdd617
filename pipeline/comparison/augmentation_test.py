"""Train the arms of `maru augment-test` and ask each model about the same examples."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from components.augment import stage as augment
from components.ingest import job as ingest
from models.tasks.task import Metric
from pipeline import artifact_files, dag
from pipeline.comparison import arms, headline, paired_difference
from pipeline.comparison.answers import Answers
from pipeline.comparison.arms import Arm
from pipeline.comparison.augmentation_result import ArmResult, Report, Training
from pipeline.comparison.comparison import Comparison, Run, Stages, read_json
from pipeline.config.sections import PipelineConfig
from pipeline.runtime.failures import Failure

STAGES = Stages(
    dag.build_training, frozenset({"Ingest", "StatisticsGen", "SchemaGen", "ExampleValidator"})
)
"""Those before any augmentation are shared."""
_AnswersOfArms = Mapping[str, Mapping[int, Answers]]
"""By arm and seed."""


def compare(
    comparison: Comparison, chosen: Sequence[Arm], seeds: int, *, with_equal_steps: bool
) -> Report:
    """Train every arm with every seed; all arms of a seed before the next seed.

    Args:
        comparison: Of the data that they learn.
        chosen: The arms; `arms.WITHOUT` is among them, before `arms.WITH`.
        seeds: How many of each.
        with_equal_steps: Whether to train without augmentation for as many batches, too.
    """
    waiting, metric = list(chosen), comparison.config.task.metrics[0]
    answers: dict[str, dict[int, Answers]] = {}
    trainings: list[Training] = []
    for seed in range(seeds):
        for arm in waiting:
            _announce(comparison, arm, seed, len(trainings), seeds * len(waiting))
            training, answered = _train(comparison, arm, seed)
            trainings.append(training)
            if answered is not None:
                answers.setdefault(arm.name, {})[seed] = answered
            if with_equal_steps and arm.name == arms.WITH and seed == 0:
                # Only now it is known how many rows there are; the loop takes it up.
                waiting += _lengthen(comparison.config, trainings)
    comparison.clear()
    return Report(
        name=comparison.config.name,
        split=comparison.examples.split,
        examples=next((len(a) for of_arm in answers.values() for a in of_arm.values()), 0),
        seeds=seeds,
        headline=headline.of(metric),
        rows=[_summarize(metric, arm, answers, trainings) for arm in waiting],
        trainings=trainings,
    )


def _lengthen(config: PipelineConfig, trainings: Sequence[Training]) -> list[Arm]:
    rows = {training.arm: training.train_rows for training in trainings}
    before, after = rows.get(arms.WITHOUT), rows.get(arms.WITH)
    return arms.lengthen(config, before, after) if before and after else []


def _announce(comparison: Comparison, arm: Arm, seed: int, done: int, total: int) -> None:
    left = ""
    if comparison.seconds:
        minutes = np.mean(comparison.seconds) * (total - done) / 60
        left = f", about {math.ceil(minutes)} min left"
    number = comparison.config.training.seed + seed
    line = f"\n{arm.name}, seed {number}: training {done + 1} of {total}{left}"
    comparison.console.print(line, style="bold", markup=False)


def _train(comparison: Comparison, arm: Arm, seed: int) -> tuple[Training, Answers | None]:
    config = arm.config(comparison.config, seed)
    number = config.training.seed
    measure = functools.partial(_measure, arm.name, config)
    measured = comparison.train(f"{arm.name}-{number}", config, measure)
    if isinstance(measured, Failure):
        return Training(arm.name, number, error=measured.text), None
    told = headline.of(config.task.metrics[0])
    line = f"{told.words} {measured[0].figures[told.name]:.4f}"
    comparison.console.print(line, markup=False)
    return measured


def _measure(arm: str, config: PipelineConfig, run: Run) -> tuple[Training, Answers]:
    answers = run.ask()
    rows = _train_rows(run)
    history = read_json(run.folder("Trainer", "model_run") / artifact_files.HISTORY)
    epochs = len(history["loss"])
    training = Training(
        arm=arm,
        seed=config.training.seed,
        figures=answers.figures(config.task.metrics),
        train_rows=rows,
        epochs=epochs,
        steps=epochs * math.ceil(rows / config.training.batch_size),
    )
    return training, answers


def _train_rows(run: Run) -> int:
    """Rows of the train split that the Trainer read."""
    if "Augment" in run.results:
        return augment.read(run.folder("Augment", "report"))["after"]
    counts = read_json(run.folder("Ingest", "quarantine") / ingest.COUNTS_FILE)
    return sum(counts["splits"]["train"].values())


def _summarize(
    metric: Metric, arm: Arm, answers: _AnswersOfArms, trainings: Sequence[Training]
) -> ArmResult:
    """One arm over all seeds, against training without augmentation on the same seeds."""
    mine, without = answers.get(arm.name, {}), answers.get(arms.WITHOUT, {})
    finished = [t for t in trainings if t.arm == arm.name and t.error is None]
    both = sorted(mine.keys() & without.keys())
    contrast = None
    if arm.name != arms.WITHOUT and both:
        ours, theirs = ([of_arm[seed] for seed in both] for of_arm in (mine, without))
        contrast = paired_difference.compare(metric, ours, theirs)
    return ArmResult(
        name=arm.name,
        headlines=[t.figures[metric.name] for t in finished],
        means={
            name: float(np.mean([t.figures[name] for t in finished]))
            for name in (finished[0].figures if finished else ())
        },
        train_rows=round(float(np.mean([t.train_rows for t in finished]))) if finished else None,
        steps=round(float(np.mean([t.steps for t in finished]))) if finished else None,
        contrast=contrast,
        verdict=contrast.verdict if contrast else None,
    )
