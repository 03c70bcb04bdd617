"""Rows of the evaluated split with the model's answers, as every view of them needs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.tasks.answering import metrics as answering_metrics
from models.tasks.contrasting import metrics as contrasting_metrics
from models.tasks.masking import metrics as masking_metrics
from models.tasks.patching import metrics as patching_metrics
from models.tasks.tagging import metrics as tagging_metrics
from models.tasks.task import Metric
from models.tasks.writing import metrics as writing_metrics

Values = Mapping[str, list[Any]]
"""Of a row by column: bytes or numbers."""


@dataclasses.dataclass(frozen=True)
class Examined:
    """What was asked and answered."""

    rows: Sequence[Values]
    """Input columns and target of each row."""
    targets: Sequence[Any]
    """Of each row: a label, a tuple of labels, a number, or None where no column is a target."""
    answers: Sequence[Mapping[str, np.ndarray]]
    """Of each row: outputs by name, arrays without the axis of the rows."""
    metric: Metric
    """The task's headline."""
    statistics: np.ndarray
    """Of the headline, `(rows, k)`."""


def answered(answer: Mapping[str, np.ndarray]) -> Any:
    """What a model answers, in the form of a target; where nothing is one, in words."""
    if masking_metrics.GAPS in answer:
        return masking_metrics.told(answer)
    if contrasting_metrics.FIRST in answer:
        return contrasting_metrics.told(answer)
    if "reconstruction" in answer:
        return patching_metrics.told(answer)
    if "answer" in answer:
        return tuple(filter(None, [answering_metrics.best(answer)]))
    if "entity_group" in answer:
        return tuple(tagging_metrics.spans(answer))
    if "text" in answer:
        return writing_metrics.written(answer)
    if "value" in answer:
        return float(np.ravel(answer["value"])[0])
    labels = answer["labels"]
    if "is_chosen" in answer:
        return tuple(labels[np.asarray(answer["is_chosen"], bool)].tolist())
    return str(labels[int(np.argmax(answer["probabilities"]))])


def confidence(answer: Mapping[str, np.ndarray]) -> float | None:
    """Probability of the one label that is answered; None for other answers."""
    if "probabilities" not in answer or "is_chosen" in answer:
        return None
    return float(np.max(answer["probabilities"]))


def unknown(target: Any, labels: Sequence[str]) -> list[str]:
    """The labels of a target that are none of those that are known.

    Args:
        target: A label, a tuple of labels, of spans or of answers, a number, or None.
        labels: Of the model; without any, nothing is unknown.
    """
    if target is None or isinstance(target, float) or not labels:
        return []
    given = (target,) if isinstance(target, str) else target
    # Of a span its type; each once, as rows are counted by them.
    named = dict.fromkeys(one if isinstance(one, str) else one[-1] for one in given)
    return [label for label in named if label not in labels]
