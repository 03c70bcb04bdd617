"""The answers that are most wrong, and what is confused with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.tasks.answering import metrics as answering_metrics
from models.tasks.contrasting import metrics as contrasting_metrics
from models.tasks.masking import metrics as masking_metrics
from models.tasks.tagging import metrics as tagging_metrics
from models.tasks.writing import metrics as writing_metrics
from pipeline.error_analysis.examined import Examined, answered


def worst(examined: Examined, count: int) -> list[int]:
    """Places of the rows that are most wrong, the worst first.

    One label: by the probability of the wrong answer. Several: by the probability that is on the
    wrong side, summed over the labels. A number: by the distance. Spans: by how many are missing or
    too many. Gaps: by their mean loss. A text: by the runs of characters that are missing or too
    many.

    Args:
        examined: The rows.
        count: How many at most.
    """
    severities = [
        _severity(target, answer)
        for target, answer in zip(examined.targets, examined.answers, strict=True)
    ]
    places = [place for place in np.argsort(severities)[::-1] if severities[place] > 0]
    return [int(place) for place in places[:count]]


def confusion(examined: Examined, most: int) -> dict[str, Any] | None:
    """Rows by true label and answered label; None for other targets than one label.

    Args:
        examined: The rows.
        most: Labels that are shown, those with the most rows; the others are summed up.
    """
    if not isinstance(examined.targets[0], str) or "labels" not in examined.answers[0]:
        return None
    pairs = Counter(zip(examined.targets, map(answered, examined.answers), strict=True))
    totals = Counter(examined.targets)
    labels = sorted(set(totals) | {label for _, label in pairs})
    shown = sorted(sorted(labels, key=lambda label: -totals[label])[:most])
    others = [label for label in labels if label not in shown]
    names = [*shown, f"{len(others)} others"] if others else shown
    matrix = np.zeros((len(names), len(names)), int)
    right = np.zeros(len(names), int)
    for (true, found), number in pairs.items():
        matrix[_place(true, shown), _place(found, shown)] += number
        # Of those that are summed up, the diagonal also counts one for another.
        right[_place(true, shown)] += number * (true == found)
    return {"labels": names, "matrix": matrix.tolist(), "right": right.tolist()}


def by_type(examined: Examined) -> list[dict[str, Any]] | None:
    """F1, precision, recall and number of each type of spans; None for other targets."""
    if not examined.answers or "entity_group" not in examined.answers[0]:
        return None
    pairs = zip(examined.targets, map(answered, examined.answers), strict=True)
    return [{"type": kind, **one} for kind, one in tagging_metrics.by_type(pairs).items()]


def _place(label: str, shown: Sequence[str]) -> int:
    return shown.index(label) if label in shown else len(shown)


def _severity(target: Any, answer: Mapping[str, np.ndarray]) -> float:
    """How wrong an answer is; 0 if it is right."""
    if masking_metrics.GAPS in answer:
        return masking_metrics.mean_loss(answer)
    if contrasting_metrics.FIRST in answer:
        return 1 - contrasting_metrics.cosine(answer)
    if "reconstruction" in answer:
        return float(np.ravel(answer["error"])[0])
    if "entity_group" in answer:
        return float(len(set(target) ^ set(answered(answer))))
    if "answer" in answer:
        is_right = answering_metrics.is_right(target, answer)
        return 0.0 if is_right else float(next(iter(answer["score"]), 1.0))
    if "text" in answer:
        return writing_metrics.distance(target, answer)
    if isinstance(target, float):
        return abs(float(answered(answer)) - target)
    probabilities = dict(
        zip(answer["labels"].tolist(), answer["probabilities"].tolist(), strict=True)
    )
    if isinstance(target, str):
        found = answered(answer)
        return 0.0 if found == target else float(probabilities[found])
    wrong = set(target) ^ set(answered(answer))
    # A label of the data that the model never saw is as wrong as can be.
    return float(
        sum(
            1 - probabilities.get(label, 0.0) if label in target else probabilities[label]
            for label in wrong
        )
    )
