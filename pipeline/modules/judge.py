"""The task's headline metric of some answers; the Baseline calls it by its dotted path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.tasks import task as tasks
from pipeline.config import loading


def headline(task: str, targets: Sequence[Any], answers: Sequence[dict[str, Any]]) -> float:
    """The first of a task's metrics.

    Args:
        task: The `task` of the config, JSON.
        targets: Of each row: a label, a tuple of labels or a number; None without a target column.
        answers: To the same rows, outputs by name.
    """
    described = loading.load_task(task)
    metric = described.metrics[0]
    names = [column.name for column in tasks.targets(described)]
    rows = [
        metric.statistics(dict.fromkeys(names, target), answer)
        for target, answer in zip(targets, answers, strict=True)
    ]
    return metric.figure(metric.stack(rows))
