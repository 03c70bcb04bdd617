"""The task's headline metric of some answers; the Baseline calls it by its dotted path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.tasks import task as tasks
from pipeline.config import loading


def headline(task: str, targets: Sequence[Any], answers: Sequence[dict[str, Any]]) -> float:
    """The first of a task's metrics.

    Args:
        task: The `task` of the config, JSON.
        targets: Of each row: a label, a tuple of labels or a number.
        answers: To the same rows, outputs by name.
    """
    described = loading.load_task(task)
    (column,) = tasks.targets(described)
    metric = described.metrics[0]
    rows = [
        metric.statistics({column.name: target}, answer)
        for target, answer in zip(targets, answers, strict=True)
    ]
    return metric.figure(np.stack(rows))
