"""Train the arms of `maru augment-test` and ask each model about the same examples."""

from __future__ import annotations

import logging
import math
import pathlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from components.augment import stage as augment
from components.ingest import job as ingest
from pipeline import artifact_files, dag, runners
from pipeline.comparison import arms, evaluated_examples, paired_difference
from pipeline.comparison.answers import Answers
from pipeline.comparison.augmentation_result import Report, Row, Training
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.paths import Paths
from pipeline.runtime import failures

_LOG = logging.getLogger(__name__)
_SHARED = ("Ingest", "StatisticsGen", "SchemaGen", "ExampleValidator")
"""Stages before any augmentation: what fails there fails for all."""


class Trials:
    """One comparison under way.

    Args:
        config: What is compared.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.
        view: Shows what happens.
        log: Where tracebacks are.
    """

    def __init__(
        self,
        config: PipelineConfig,
        where: Paths,
        base: pathlib.Path,
        view: run_view.RunView,
        log: pathlib.Path,
    ):
        self._config = config
        self._where = where
        self._base = base
        self._view = view
        self._log = log
        self._exam = evaluated_examples.Examination(config, where)
        self._seconds: list[float] = []
        self.code = 0
        """Exit code so far."""

    def report(self, chosen: Sequence[arms.Arm], seeds: int, *, with_equal_steps: bool) -> Report:
        """Train every arm with every seed; all arms of a seed before the next seed.

        Args:
            chosen: The arms; `arms.WITHOUT` is among them, before `arms.WITH`.
            seeds: How many of each.
            with_equal_steps: Whether to train without augmentation for as many batches, too.
        """
        waiting = list(chosen)
        answers: dict[str, dict[int, Answers]] = defaultdict(dict)
        trainings: list[Training] = []
        for seed in range(seeds):
            for arm in waiting:
                self._announce(arm, seed, len(trainings), seeds * len(waiting))
                training, said = self._one(arm, seed)
                trainings.append(training)
                if said is not None:
                    answers[arm.name][seed] = said
                if with_equal_steps and arm.name == arms.WITH and seed == 0:
                    # Only now it is known how many rows there are; the loop takes it up.
                    waiting += self._longer(trainings)
        if self.code == 0:
            self._exam.clear()
        asked = next((len(a.given) for found in answers.values() for a in found.values()), 0)
        return Report(
            name=self._config.name,
            split=self._exam.split,
            examples=asked,
            seeds=seeds,
            rows=[_row(arm, answers, trainings) for arm in waiting],
            trainings=trainings,
        )

    def _longer(self, trainings: Sequence[Training]) -> list[arms.Arm]:
        rows = {training.arm: training.train_rows for training in trainings}
        before, after = rows.get(arms.WITHOUT), rows.get(arms.WITH)
        return arms.longer(self._config, before, after) if before and after else []

    def _announce(self, arm: arms.Arm, seed: int, done: int, total: int) -> None:
        left = ""
        if self._seconds:
            minutes = np.mean(self._seconds) * (total - done) / 60
            left = f", about {math.ceil(minutes)} min left"
        number = self._config.training.seed + seed
        line = f"\n{arm.name}, seed {number}: training {done + 1} of {total}{left}"
        self._view.console.print(line, style="bold", markup=False)

    def _one(self, arm: arms.Arm, seed: int) -> tuple[Training, Answers | None]:
        config = arm.config(self._config, seed)
        name = f"{arm.name}-{config.training.seed}"
        watch = evaluated_examples.Watch(self._view)
        try:
            runners.run(dag.build_training(config, self._where, str(self._base)), watch)
            said = self._exam.ask(watch)
            training = _training(arm, config, watch, said)
        except Exception as error:
            if watch.failed_stage in _SHARED:
                raise
            _LOG.exception("%s failed.", name)
            failure = failures.explain(error, self._log)
            run_view.print_line(self._view.console, failure.text, "red")
            self.code = max(self.code, failure.code)
            return Training(arm.name, config.training.seed, error=failure.text), None
        if any(result.outcome == "ran" for result in watch.results.values()):
            self._seconds.append(sum(result.seconds for result in watch.results.values()))
        self._view.console.print(f"accuracy {said.accuracy:.4f}", markup=False)
        return training, said


def _training(
    arm: arms.Arm,
    config: PipelineConfig,
    watch: evaluated_examples.Watch,
    said: Answers,
) -> Training:
    stages = watch.results
    rows = _train_rows(stages)
    run = pathlib.Path(stages["Trainer"].outputs["model_run"].uri)
    epochs = len(evaluated_examples.read_json(run / artifact_files.HISTORY)["loss"])
    return Training(
        arm=arm.name,
        seed=config.training.seed,
        accuracy=said.accuracy,
        macro_f1=said.macro_f1,
        train_rows=rows,
        epochs=epochs,
        steps=epochs * math.ceil(rows / config.training.batch_size),
    )


def _train_rows(stages: dict[str, runners.StageResult]) -> int:
    """Rows of the train split that the Trainer read."""
    if "Augment" in stages:
        report = pathlib.Path(stages["Augment"].outputs["report"].uri)
        return augment.read(report)["after"]
    quarantine = pathlib.Path(stages["Ingest"].outputs["quarantine"].uri)
    counts = evaluated_examples.read_json(quarantine / ingest.COUNTS_FILE)
    return sum(counts["splits"]["train"].values())


def _row(
    arm: arms.Arm, answers: dict[str, dict[int, Answers]], trainings: Sequence[Training]
) -> Row:
    """One arm over all seeds, against training without augmentation on the same seeds."""
    mine, without = answers[arm.name], answers[arms.WITHOUT]
    finished = [t for t in trainings if t.arm == arm.name and t.error is None]
    both = sorted(mine.keys() & without.keys())
    compared = None
    if arm.name != arms.WITHOUT and both:
        compared = paired_difference.contrast([mine[s] for s in both], [without[s] for s in both])
    return Row(
        name=arm.name,
        accuracies=[t.accuracy for t in finished if t.accuracy is not None],
        macro_f1=float(np.mean([t.macro_f1 for t in finished])) if finished else None,
        train_rows=round(float(np.mean([t.train_rows for t in finished]))) if finished else None,
        steps=round(float(np.mean([t.steps for t in finished]))) if finished else None,
        contrast=compared,
        verdict=compared.verdict if compared else None,
    )
