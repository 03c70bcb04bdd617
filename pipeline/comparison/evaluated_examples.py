"""Several trainings on one data set, all asked about the same examples.

Each is a pipeline run of its own; runs under one name share the stages that are told the same.
What an export answered is kept by its artifact, so a killed comparison asks nothing twice.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
from typing import Any

import numpy as np

from components import records
from pipeline import runners
from pipeline.comparison import answers
from pipeline.comparison.answers import Answers
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.modules import trainer
from pipeline.paths import Paths
from serving.execution import saved_model

_ANSWERS = "answers.npz"
_BATCH = 32


@dataclasses.dataclass
class Watch:
    """Shows the stages that really run, and keeps what a report needs of them."""

    view: run_view.RunView
    results: dict[str, runners.StageResult] = dataclasses.field(default_factory=dict)
    failed_stage: str | None = None

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


class Examination:
    """The evaluated examples of one data set.

    Args:
        config: Whose data it is.
        where: Folders to write to.
    """

    def __init__(self, config: PipelineConfig, where: Paths):
        self._task = config.task
        self._where = where
        self._examples: Any = None

    @property
    def has_examples(self) -> bool:
        """Whether any run came as far as the examples."""
        return self._examples is not None

    @property
    def examples(self) -> Any:
        """The artifact of Ingest."""
        return self._examples

    @property
    def split(self) -> str:
        """Name of the evaluated split; empty before there are examples."""
        if self._examples is None:
            return ""
        folders = pathlib.Path(self._examples.uri).glob("Split-*")
        return records.evaluated_split([folder.name.removeprefix("Split-") for folder in folders])

    def rows(self, split: str) -> tuple[list[bytes], list[str]]:
        """Inputs and labels of a split."""
        names = (self._task.input_column, self._task.label)
        rows = list(records.columns(self._examples.uri, split, names))
        return [row[0] for row in rows], [row[1].decode() for row in rows]

    def folder(self, name: str) -> pathlib.Path:
        """Where measurements of something are kept."""
        folder = self._where.root / "measured" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def measured(self, watch: Watch) -> pathlib.Path:
        """The folder with what was measured of a finished run's model.

        Args:
            watch: Saw the run.
        """
        self._examples = watch.results["Ingest"].outputs["examples"]
        return self.folder(f"model-{watch.results['Trainer'].outputs['model'].id}")

    def ask(self, watch: Watch) -> Answers:
        """The answers of a finished run's export to every evaluated example.

        Args:
            watch: Saw the run.
        """
        path = self.measured(watch) / _ANSWERS
        if not path.is_file():
            model = watch.results["Trainer"].outputs["model"]
            self._ask(pathlib.Path(model.uri, "Format-Serving")).save(path)
        return answers.load(path)

    def _ask(self, export: pathlib.Path) -> Answers:
        name = trainer.SERVED_NAMES[self._task.input_kind]
        inputs, given = self.rows(self.split)
        predictor = saved_model.SavedModelPredictor(export)
        predicted: list[bytes] = []
        for first in range(0, len(inputs), _BATCH):
            batch = np.array(inputs[first : first + _BATCH], dtype=object)
            predicted += list(predictor.predict("", {name: batch}, ("label",))["label"])
        predictor.close()
        return Answers(np.array(given), np.array([label.decode() for label in predicted]))

    def clear(self) -> None:
        """Remove what a next try would continue from."""
        shutil.rmtree(self._where.resumable, ignore_errors=True)


def read_json(path: pathlib.Path) -> Any:
    """What a JSON file holds."""
    return json.loads(path.read_text("utf-8"))
