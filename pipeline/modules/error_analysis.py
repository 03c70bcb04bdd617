"""Ask an export about the evaluated split and look at single answers; a stage calls it by name."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components import records
from models.tasks import answers
from models.tasks import task as tasks
from models.tasks.task import Column, Task
from pipeline.config import loading
from pipeline.error_analysis import calibration, mistakes, neighbours, shown_rows, slices, spread
from pipeline.error_analysis.examined import Examined, Values, answered, confidence
from serving import errors
from serving.execution import saved_model

FILE = "analysis.json"
_BATCH = 32
_MOST_ROWS = 2_000
"""Rows that are asked about; a bigger split is thinned out evenly."""
MOST_TRAIN = {"image": 5_000, "text": 20_000}
"""Train rows that are looked at for words and neighbours, by what the inputs hold."""
_MOST_LABELS = 20
_SAMPLES = 12
_MISTAKES = 24
_NEIGHBOURS = 3


def write(task: str, uri: str, split: str, export: pathlib.Path, folder: pathlib.Path) -> None:
    """Write `analysis.json`.

    Args:
        task: The `task` of the config, JSON.
        uri: Of the examples.
        split: The evaluated one.
        export: Folder of the SavedModel.
        folder: To write to.
    """
    described = loading.load_task(task)
    names = [column.name for column in described.columns]
    every = max(1, -(-_count(uri, split) // _MOST_ROWS))
    chosen = list(itertools.islice(records.serialized(uri, split), 0, None, every))
    rows = list(itertools.islice(records.values(uri, split, names), 0, None, every))
    train = train_rows(described, uri)
    analysis = {
        "split": split,
        "asked": len(rows),
        "samples": samples(train, described),
        "spread": spread.spread(train, tasks.inputs(described)),
    }
    try:
        examined = hold_against(described, rows, _ask(export, chosen))
    except errors.ServingError as error:  # The Canary has refused such a model.
        analysis["problem"] = f"the export cannot be asked: {error.text}"
    else:
        analysis |= look(described, examined, train)
    text = json.dumps(analysis, ensure_ascii=False)
    (folder / FILE).write_text(text, "utf-8")


def _count(uri: str, split: str) -> int:
    return sum(1 for _ in records.serialized(uri, split))


def _ask(export: pathlib.Path, examples: Sequence[bytes]) -> list[dict[str, np.ndarray]]:
    """The outputs of `serve_examples` for each example."""
    found: list[dict[str, np.ndarray]] = []
    with contextlib.closing(saved_model.SavedModelPredictor(export)) as predictor:
        for start in range(0, len(examples), _BATCH):
            batch = np.array(examples[start : start + _BATCH], dtype=object)
            outputs = predictor.predict("serve_examples", {"examples": batch})
            found += [
                answers.plain({name: values[index] for name, values in outputs.items()})
                for index in range(len(batch))
            ]
    return found


def train_rows(task: Task, uri: str) -> list[dict[str, list[Any]]]:
    """The train rows that are looked at for words and neighbours.

    Args:
        task: Of the config.
        uri: Of the examples.
    """
    names = [column.name for column in task.columns]
    most = MOST_TRAIN[tasks.reads(task)]
    return list(itertools.islice(records.values(uri, "train", names), most))


def hold_against(
    task: Task, rows: Sequence[Values], found: Sequence[Mapping[str, np.ndarray]]
) -> Examined:
    """Rows with the answers to them.

    Args:
        task: Of the config.
        rows: Values by column.
        found: The answer to each, see `models/tasks/answers.py`.
    """
    metric = task.metrics[0]
    statistics = [
        metric.statistics(records.targets(task.columns, row), answer)
        for row, answer in zip(rows, found, strict=True)
    ]
    targets = [records.target_of(task.columns, row) for row in rows]
    return Examined(rows, targets, found, metric, metric.stack(statistics))


def look(task: Task, examined: Examined, train: Sequence[Values]) -> dict[str, Any]:
    """Slices, confusion, calibration and mistakes, as JSON has them.

    Args:
        task: Of the config.
        examined: Rows and answers.
        train: Rows of the train split.
    """
    inputs = tasks.inputs(task)
    worst = mistakes.worst(examined, _MISTAKES)
    near = _neighbours(inputs, [examined.rows[place] for place in worst], train)
    confidences = [confidence(answer) for answer in examined.answers]
    told = [c for c in confidences if c is not None]
    is_right = [
        answered(answer) == target
        for answer, target in zip(examined.answers, examined.targets, strict=True)
    ]
    return {
        "metric": examined.metric.name,
        "confusion": mistakes.confusion(examined, _MOST_LABELS),
        "slices": slices.as_json(slices.measured(_slices(inputs, examined, train), examined)),
        "calibration": dataclasses.asdict(calibration.calibration(told, is_right))
        if told
        else None,
        "pairs": _pairs(examined),
        "types": mistakes.by_type(examined),
        "mistakes": [
            {
                "inputs": shown_rows.shown(examined.rows[place], inputs),
                "target": _worded(examined.targets[place], examined.rows[place], inputs),
                "answer": _worded(answered(examined.answers[place]), examined.rows[place], inputs),
                "confidence": confidences[place],
                "neighbours": [_sample(train[index], task) for index in found],
            }
            for place, found in zip(worst, near, strict=True)
        ],
    }


def _pairs(examined: Examined) -> list[tuple[float, float]] | None:
    """Target and answer of each row, to be drawn; None unless they are numbers."""
    if not isinstance(examined.targets[0], float):
        return None
    found = zip(examined.targets, examined.answers, strict=True)
    return [(target, answered(answer)) for target, answer in found]


def _slices(
    inputs: Sequence[Column], examined: Examined, train: Sequence[Values]
) -> dict[str, list[slices.Part]]:
    if inputs[0].holds == "image":
        return slices.by_image([row[inputs[0].name][0] for row in examined.rows])
    texts = [_text(row, inputs) for row in examined.rows]
    return slices.by_text(texts, lambda: slices.words(_text(row, inputs) for row in train))


def _neighbours(
    inputs: Sequence[Column], asked: Sequence[Values], train: Sequence[Values]
) -> list[list[int]]:
    if not asked or not train:
        return [[] for _ in asked]
    if inputs[0].holds == "image":
        name = inputs[0].name
        return neighbours.of_images(
            [row[name][0] for row in asked], [row[name][0] for row in train], _NEIGHBOURS
        )
    return neighbours.of_texts(
        [_text(row, inputs) for row in asked], [_text(row, inputs) for row in train], _NEIGHBOURS
    )


def _text(row: Values, inputs: Sequence[Column]) -> str:
    return "\n".join(row[column.name][0].decode("utf-8", "replace") for column in inputs)


def _worded(target: Any, row: Values, inputs: Sequence[Column]) -> str:
    return shown_rows.worded(target, _text(row, inputs) if inputs[0].holds == "text" else "")


def samples(rows: Sequence[Values], task: Task) -> list[dict[str, Any]]:
    """Some rows, evenly from all of them, as they look."""
    step = max(1, len(rows) // _SAMPLES)
    return [_sample(row, task) for row in list(rows)[::step][:_SAMPLES]]


def _sample(row: Values, task: Task) -> dict[str, Any]:
    inputs = tasks.inputs(task)
    return {
        "inputs": shown_rows.shown(row, inputs),
        "target": _worded(records.target_of(task.columns, row), row, inputs),
    }


def read(folder: pathlib.Path) -> dict[str, Any]:
    """What `write` wrote."""
    found: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
    return found
