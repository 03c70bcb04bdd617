"""New rows beside the training data: what simple models make of them, and how they differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from components import records
from components.baseline import baseline
from components.baseline.baseline import Baseline
from components.doctor.checks import data
from components.doctor.columns import Column
from components.doctor.finding import Finding
from models.ngrams import levels
from models.tasks import task as tasks
from models.tasks.table import Task
from pipeline.config import loading
from pipeline.error_analysis.examined import Values
from pipeline.modules import error_analysis, judge

NEW = "the new rows"


def train_rows(task: Task, uri: str) -> Iterator[Values]:
    """The train split of a run.

    Args:
        task: Of its config.
        uri: Of its examples.
    """
    return records.values(uri, "train", [column.name for column in task.columns])


def renamed(rows: Iterable[Values], task: Task, new: Task) -> Iterator[Values]:
    """The same rows with columns as the new data names them.

    Args:
        rows: Of the training data.
        task: Of the run.
        new: The same with other names of columns.
    """
    names = [(one.name, other.name) for one, other in zip(task.columns, new.columns, strict=True)]
    return ({other: row[one] for one, other in names} for row in rows)


def simple(task: Task, train: Sequence[Values], rows: Sequence[Values]) -> Baseline:
    """The headline of simple models on the new rows.

    Args:
        task: Of the new rows.
        train: Rows to learn from.
        rows: To measure on.
    """
    metric = task.metrics[0]
    found = baseline.measure(
        tasks.reads(task),
        tasks.learned(task),
        _inputs_and_targets(task, train),
        _inputs_and_targets(task, rows),
        metric.name,
        lambda targets, answers: judge.headline(loading.dump_task(task), targets, answers),
        levels.learn,
    )
    if len(train) < error_analysis.MOST_TRAIN[tasks.reads(task)]:
        return found
    return dataclasses.replace(found, name=f"{found.name}, from {len(train):,} train rows")


def differences(task: Task, train: Iterable[Values], rows: Iterable[Values]) -> list[Finding]:
    """How the new rows differ from the training rows, as the doctor sees it.

    Args:
        task: Of the new rows.
        train: Training rows, read once.
        rows: The new ones, read once.
    """
    fields = [field.name for field in dataclasses.fields(Column)]
    columns = [Column(**{name: getattr(one, name) for name in fields}) for one in task.columns]
    return data.compare(columns, _examined(task, train), _examined(task, rows), NEW)


def _examined(task: Task, rows: Iterable[Values]) -> Iterator[tuple[Any, Any]]:
    """Inputs and target as the doctor takes them."""
    for contents, target in _pairs(task, rows):
        yield contents if len(contents) > 1 else contents[0], target


def _inputs_and_targets(
    task: Task, rows: Iterable[Values]
) -> tuple[list[tuple[bytes, ...]], list[Any]]:
    found = list(_pairs(task, rows))
    return [contents for contents, _ in found], [target for _, target in found]


def _pairs(task: Task, rows: Iterable[Values]) -> Iterator[tuple[tuple[bytes, ...], Any]]:
    inputs = [column.name for column in tasks.inputs(task)]
    for row in rows:
        yield tuple(row[name][0] for name in inputs), records.target_of(task.columns, row)
