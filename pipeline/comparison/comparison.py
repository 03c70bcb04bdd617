"""Several trainings on one data set, all asked about the same examples.

Each is a pipeline run of its own; runs under one name share the stages that are told the same.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import pathlib
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

from pipeline import runners
from pipeline.comparison.answers import Answers
from pipeline.comparison.evaluated_examples import EvaluatedExamples
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.paths import Paths
from pipeline.runtime import failures

_LOG = logging.getLogger(__name__)
Measured = TypeVar("Measured")


@dataclasses.dataclass(frozen=True)
class Stages:
    """What runs for each config."""

    build: Callable[[PipelineConfig, Paths, str], Any]
    """Wires the stages, as `dag.build`."""
    shared: frozenset[str]
    """Those that are told the same for every config: what fails there fails for all."""


@dataclasses.dataclass
class Run:
    """One training: shows the stages that really run, and keeps what they left."""

    view: run_view.RunView
    examples: EvaluatedExamples
    results: dict[str, runners.StageResult] = dataclasses.field(default_factory=dict)
    failed_stage: str | None = None

    @property
    def seconds(self) -> float:
        """Of all stages together."""
        return sum(result.seconds for result in self.results.values())

    @property
    def is_cached(self) -> bool:
        """Whether no stage had to run."""
        return all(result.outcome == "cached" for result in self.results.values())

    def started(self, stage: str) -> None:
        """Show a stage."""
        self.view.started(stage)

    def finished(self, result: runners.StageResult) -> None:
        """Show how a stage ended."""
        self.results[result.stage] = result
        # Against another training everything has changed.
        self.view.finished(dataclasses.replace(result, why=""))

    def failed(self, stage: str, seconds: float, error: BaseException) -> None:
        """Show that a stage failed, and which."""
        self.failed_stage = stage
        self.view.failed(stage, seconds, error)

    def output(self, stage: str, name: str) -> Any:
        """An artifact."""
        return self.results[stage].outputs[name]

    def folder(self, stage: str, name: str) -> pathlib.Path:
        """Where an artifact lies."""
        return pathlib.Path(self.output(stage, name).uri)

    def ask(self) -> Answers:
        """The answers of the export to every evaluated example."""
        return self.examples.ask(self.output("Trainer", "model"))


class Comparison:
    """Trainings of several configs on one data set, under way.

    Args:
        config: Whose data they learn.
        where: Folders to write to.
        base: Folder that relative paths of the config start from.
        view: Shows what happens.
        log: Where tracebacks are.
        stages: What runs for each config.
    """

    def __init__(
        self,
        config: PipelineConfig,
        where: Paths,
        base: pathlib.Path,
        view: run_view.RunView,
        log: pathlib.Path,
        stages: Stages,
    ):
        self.config = config
        self.where = where
        self.base = base
        self.console = view.console
        self.examples = EvaluatedExamples(config.task, where)
        self.seconds: list[float] = []
        """Of each training that was not wholly cached."""
        self.code = 0
        """Exit code so far."""
        self._view = view
        self._log = log
        self._stages = stages

    def train(
        self, name: str, config: PipelineConfig, measure: Callable[[Run], Measured]
    ) -> Measured | failures.Failure:
        """Train one config, ask the model and measure it, or show why that failed.

        Args:
            name: In the log.
            config: What to train.
            measure: What is kept of the finished run; may fail, too.

        Raises:
            Exception: What failed in a stage that all configs share.
        """
        run = Run(self._view, self.examples)
        try:
            runners.run(self._stages.build(config, self.where, str(self.base)), run)
            self.examples.artifact = run.output("Ingest", "examples")
            measured = measure(run)
        except Exception as error:
            if run.failed_stage in self._stages.shared:
                raise
            _LOG.exception("%s failed.", name)
            failure = failures.explain(error, self._log)
            run_view.print_line(self.console, failure.text, "red")
            self.code = max(self.code, failure.code)
            return failure
        if not run.is_cached:
            self.seconds.append(run.seconds)
        return measured

    def clear(self) -> None:
        """Remove what a next try would continue from, if none is needed."""
        if self.code == 0:
            shutil.rmtree(self.where.resumable, ignore_errors=True)


def read_json(path: pathlib.Path) -> Any:
    """What a JSON file holds."""
    return json.loads(path.read_text("utf-8"))
