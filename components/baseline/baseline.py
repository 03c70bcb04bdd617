"""What a simple model reaches on the same split: the bar a deep one must clear.

Texts: TF-IDF of words and word pairs (of characters where no text has a word) with a linear model;
of two texts also what both have in common. Images: thumbnails, by nearest class centroid for one
label, by nearest neighbours otherwise. All beside an answer that looks at no input.
"""

import dataclasses
import json
import pathlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.baseline import images, texts

REPORT = "baseline.json"
"""Name of the report inside the artifact."""

Inputs = Sequence[tuple[bytes, ...]]
"""Of each row: UTF-8 texts or encoded images, in the order of the task's columns."""
Answer = dict[str, Any]
"""As a served model's: `label`, `value`, or `labels` with `is_chosen`."""
Judge = Callable[[Sequence[Any], Sequence[Answer]], float]
"""Targets and answers of the same rows to the task's headline metric."""
SIMPLE: Mapping[tuple[str, str], tuple[str, Callable[[Inputs, Sequence[Any], Inputs], Any]]] = {
    ("image", "categories"): ("nearest thumbnails", images.nearest_sets),
    ("image", "category"): ("nearest centroid of thumbnails", images.centroids),
    ("image", "number"): ("nearest thumbnails", images.nearest_numbers),
    ("text", "categories"): ("TF-IDF + logistic regressions", texts.logistic_sets),
    ("text", "category"): ("TF-IDF + logistic regression", texts.logistic),
    ("text", "number"): ("TF-IDF + ridge regression", texts.ridge),
}
"""The simple model by what the inputs and what the target hold."""


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Headline metrics on the evaluated split."""

    metric: str
    """Name of the metric."""
    constant: float
    """Of one answer to every row."""
    constant_name: str
    """What that answer is, in words."""
    simple: float
    """Of the simple model."""
    name: str
    """What the simple model is, in words."""


def measure(
    reads: str,
    holds: str,
    train: tuple[Inputs, Sequence[Any]],
    evaluated: tuple[Inputs, Sequence[Any]],
    metric: str,
    judge: Judge,
) -> Baseline:
    """Train the simple model on one split and measure it on another.

    Args:
        reads: What the inputs are, `text` or `image`.
        holds: What the target is: `category`, `categories` or `number`.
        train: Inputs and targets: a label, a tuple of labels or a number each.
        evaluated: The same of the split to measure on.
        metric: Name of the headline metric.
        judge: Computes it.
    """
    constant_name, answer = CONSTANT[holds]
    constant = [answer(train[1])] * len(evaluated[1])
    name, predict = SIMPLE[reads, holds]
    is_one = len(set(train[1])) == 1
    simple = constant if is_one else predict(train[0], train[1], evaluated[0])
    return Baseline(
        metric=metric,
        constant=judge(evaluated[1], constant),
        constant_name=constant_name,
        simple=judge(evaluated[1], simple),
        name=name,
    )


def write(baseline: Baseline, directory: pathlib.Path) -> None:
    """Write the report into an artifact's folder."""
    (directory / REPORT).write_text(json.dumps(dataclasses.asdict(baseline), indent=2))


def read(directory: pathlib.Path) -> Baseline:
    """Read the report back."""
    return Baseline(**json.loads((directory / REPORT).read_text()))


def _most_frequent(labels: Sequence[str]) -> Answer:
    return {"label": Counter(labels).most_common(1)[0][0]}


def _median(values: Sequence[float]) -> Answer:
    return {"value": sorted(values)[len(values) // 2]}


def _most_frequent_set(labels: Sequence[tuple[str, ...]]) -> Answer:
    chosen = Counter(tuple(sorted(row)) for row in labels).most_common(1)[0][0]
    return {"labels": chosen, "is_chosen": [True] * len(chosen)}


CONSTANT: Mapping[str, tuple[str, Callable[[Sequence[Any]], Answer]]] = {
    "categories": ("most frequent labels", _most_frequent_set),
    "category": ("most frequent label", _most_frequent),
    "number": ("median", _median),
}
"""The one answer to every row, by what the target holds."""
