"""The examples that every model of a comparison is asked about, and what they answered.

What an export answered is kept by its artifact, so a killed comparison asks nothing twice.
"""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
from tfx.utils import path_utils

from components import records
from models.tasks import answers as model_answers
from models.tasks import task as tasks
from pipeline.comparison import answers
from pipeline.comparison.answers import Answers
from pipeline.paths import Paths
from serving.execution import saved_model

_BATCH = 32


class EvaluatedExamples:
    """The evaluated examples of one data set.

    Args:
        task: What is learned of them.
        where: Folders to write to.
    """

    def __init__(self, task: Any, where: Paths):
        self._task = task
        self._where = where
        self.artifact: Any = None
        """What Ingest made; None before any run came that far."""

    @property
    def split(self) -> str:
        """Name of the evaluated split; empty before there are examples."""
        if self.artifact is None:
            return ""
        folders = pathlib.Path(self.artifact.uri).glob("Split-*")
        return records.evaluated_split([folder.name.removeprefix("Split-") for folder in folders])

    def read(self, split: str) -> tuple[list[tuple[bytes, ...]], list[Any]]:
        """Inputs and targets of a split: a label, labels, a number or None each."""
        inputs = tasks.inputs(self._task)
        names = [column.name for column in self._task.columns]
        rows = list(records.values(self.artifact.uri, split, names))
        return (
            [tuple(row[column.name][0] for column in inputs) for row in rows],
            [records.target_of(self._task.columns, row) for row in rows],
        )

    def folder(self, kind: str, artifact: Any) -> pathlib.Path:
        """Where measurements of something are kept.

        Args:
            kind: What it is.
            artifact: What it was made from.
        """
        folder = self._where.root / "measured" / f"{kind}-{artifact.id}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def ask(self, model: Any) -> Answers:
        """The answers of an export to every evaluated example.

        Args:
            model: The Trainer's artifact.
        """
        path = self.folder("model", model) / answers.FILE
        if not path.is_file():
            self._ask(pathlib.Path(path_utils.serving_model_path(model.uri))).save(path)
        return answers.load(path)

    def _ask(self, export: pathlib.Path) -> Answers:
        names = [column.served_as for column in tasks.inputs(self._task)]
        wanted = sorted({name for metric in self._task.metrics for name in metric.reads})
        inputs, targets = self.read(self.split)
        predictor = saved_model.SavedModelPredictor(export)
        batches = []
        for first in range(0, len(inputs), _BATCH):
            columns = zip(*inputs[first : first + _BATCH], strict=True)
            asked = {
                name: np.array(column, dtype=object)
                for name, column in zip(names, columns, strict=True)
            }
            batches.append(model_answers.plain(predictor.predict("", asked, wanted)))
        predictor.close()
        outputs = {name: np.concatenate([batch[name] for batch in batches]) for name in wanted}
        return Answers({one.name: targets for one in tasks.targets(self._task)}, outputs)
