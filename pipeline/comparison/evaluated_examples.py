"""The examples that every model of a comparison is asked about, and what they answered.

What an export answered is kept by its artifact, so a killed comparison asks nothing twice.
"""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
from tfx.utils import path_utils

from components import records
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

    def read(self, split: str) -> tuple[list[tuple[bytes, ...]], list[str]]:
        """Inputs and labels of a split."""
        names = (tasks.inputs(self._task)[0].name, tasks.targets(self._task)[0].name)
        rows = list(records.columns(self.artifact.uri, split, names))
        return [row[:-1] for row in rows], [row[-1].decode() for row in rows]

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
        (name,) = (column.served_as for column in tasks.inputs(self._task))
        inputs, labels = self.read(self.split)
        predictor = saved_model.SavedModelPredictor(export)
        predicted: list[bytes] = []
        for first in range(0, len(inputs), _BATCH):
            batch = np.array([row[0] for row in inputs[first : first + _BATCH]], dtype=object)
            predicted += list(predictor.predict("", {name: batch}, ("label",))["label"])
        predictor.close()
        return Answers(np.array(labels), np.array([label.decode() for label in predicted]))
