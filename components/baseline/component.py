"""TFX face of `baseline.py`."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils, standard_artifacts

from components import artifacts, dotted_path, records
from components.baseline import baseline


@dataclasses.dataclass(frozen=True)
class _Column:
    """A column of a task, see `records.Column`."""

    name: str
    holds: str
    role: str


@component
def Baseline(
    examples: InputArtifact[standard_artifacts.Examples],
    report: OutputArtifact[artifacts.BaselineReport],
    columns: Parameter[str],
    learned: Parameter[str],
    metric: Parameter[str],
    judge: Parameter[str],
    task: Parameter[str],
    counting: Parameter[str],
    code: Parameter[str],
) -> None:
    """Train a simple model on `train` and measure it on the split the Evaluator uses.

    Inputs:
        examples: tf.Examples with the columns.

    Outputs:
        report: `baseline.json`, the headline metric of simple answers.

    Parameters:
        columns: JSON list of the task's columns: `name`, `holds` and `role`.
        learned: What is learned, as the tables of `baseline.py` have it.
        metric: Name of the headline metric.
        judge: Dotted path of a function of `task`, targets and answers that computes it.
        task: Given to `judge`.
        counting: Dotted path of the function that counts n-grams, see `continuation.Learn`.
        code: Fingerprint of the code of the simple models.
    """
    described = [
        _Column(column["name"], column["holds"], column["role"]) for column in json.loads(columns)
    ]
    inputs = [column for column in described if column.role == "input"]
    figure = dotted_path.load(judge)

    def read(split: str) -> tuple[list[tuple[bytes, ...]], list[Any]]:
        rows = list(records.values(examples.uri, split, [column.name for column in described]))
        return (
            [tuple(row[column.name][0] for column in inputs) for row in rows],
            [records.target_of(described, row) for row in rows],
        )

    def score(targets: Sequence[Any], answers: Sequence[dict[str, Any]]) -> float:
        return figure(task, targets, answers)

    split = records.evaluated_split(artifact_utils.decode_split_names(examples.split_names))
    (reads,) = {column.holds for column in inputs}
    learn = dotted_path.load(counting)
    result = baseline.measure(reads, learned, read("train"), read(split), metric, score, learn)
    baseline.write(result, pathlib.Path(report.uri))
