"""How much a simple model tells of a target, on one scale for labels, sets of labels and numbers.

0 is chance and 1 is perfect: for one label the mean recall of the classes between chance and 1, for
several labels the mean area under their ROC curves between one half and 1, for numbers Pearson's
correlation of what is predicted with what is true.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

FEWEST = 10
"""Rows with a label, and without it, below which it is left out."""
_FOLDS = 3
_LABELS = 30
"""Labels of a set that are looked at, the most frequent ones."""

SCALES = {
    "categories": "area under the ROC curve, mean over labels, from 0 for chance to 100 %",
    "category": "recall, mean over classes, from 0 for chance to 100 %",
    "number": "correlation of predicted and true numbers",
}
"""What is measured, by what the target holds."""
Split = tuple[Any, Sequence[Any]]
"""What the model reads, `(rows, dim)` dense or sparse, and targets."""


@dataclasses.dataclass(frozen=True)
class Strength:
    """What a model tells of a split."""

    value: float
    """From 0 for chance to 1 for perfect; below 0 if it is worse than chance."""
    error: float
    """Its standard error if the target had nothing to do with the inputs."""
    rows: int
    """Rows that it is about."""


Measured = Iterator[tuple[str, Strength]]
Measure = Callable[[Any, Mapping[str, Split], int], Measured]


def of_label(model: Any, splits: Mapping[str, Split], seed: int) -> Measured:
    """What a classifier tells of one label a row.

    Args:
        model: A scikit-learn classifier that counts classes alike.
        splits: By name, `train` first and alone answered by cross-validation.
        seed: Of the folds.

    Yields:
        The strength of each split that has rows of at least two frequent labels.
    """
    names = sorted(n for n, rows in Counter(splits["train"][1]).items() if rows >= FEWEST)
    if len(names) < 2:
        return
    for split, labels, guesses in _answers(model, splits, seed, names):
        kept, chance = np.unique(labels), 1 / len(names)
        counts = np.array([np.sum(labels == name) for name in kept])
        recall = np.mean([np.mean(guesses[labels == name] == name) for name in kept])
        error = np.sqrt(np.sum(chance * (1 - chance) / counts)) / len(kept)
        scale = 1 - chance
        yield split, Strength(float(recall - chance) / scale, float(error) / scale, len(labels))


def of_labels(model: Any, splits: Mapping[str, Split], seed: int) -> Measured:
    """What a regression of each label's yes or no tells of sets of labels.

    Args:
        model: A scikit-learn regression of several numbers.
        splits: As of `of_label`.
        seed: Of the folds.
    """
    from sklearn.model_selection import KFold, cross_val_predict

    inputs, sets = splits["train"]
    counts = Counter(label for labels in sets for label in set(labels))
    frequent = [n for n, rows in counts.most_common() if FEWEST <= rows <= len(sets) - FEWEST]
    names = frequent[:_LABELS]
    if not names:
        return
    has = _has(sets, names)
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    yield "train", _areas(has, cross_val_predict(model, inputs, has.astype(float), cv=folds))
    model.fit(inputs, has.astype(float))
    for name in (name for name in splits if name != "train"):
        others, sets = splits[name]
        has = _has(sets, names)
        told = np.minimum(has.sum(0), (~has).sum(0)) >= FEWEST / 2
        if told.any():
            scores = model.predict(others).reshape(has.shape)
            yield name, _areas(has[:, told], scores[:, told])


def of_number(model: Any, splits: Mapping[str, Split], seed: int) -> Measured:
    """What a regression tells of numbers; arguments as of `of_label`.

    Args:
        model: A scikit-learn regression.
        splits: By name, `train` first and alone answered by cross-validation.
        seed: Of the folds.
    """
    from sklearn.model_selection import KFold, cross_val_predict

    inputs, targets = splits["train"][0], np.asarray(splits["train"][1], float)
    if len(targets) < 2 * FEWEST or not np.ptp(targets):
        return
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    yield "train", _correlation(targets, cross_val_predict(model, inputs, targets, cv=folds))
    model.fit(inputs, targets)
    for name in (name for name in splits if name != "train"):
        others = np.asarray(splits[name][1], float)
        if len(others) >= FEWEST:
            yield name, _correlation(others, model.predict(splits[name][0]))


MEASURES: Mapping[str, Measure] = {
    "categories": of_labels,
    "category": of_label,
    "number": of_number,
}
"""By what the target holds."""


def _answers(
    model: Any, splits: Mapping[str, Split], seed: int, names: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Split, labels and answers, of rows whose label is one of `names`."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for split, (inputs, targets) in splits.items():
        labels = np.array(targets)
        rows = np.flatnonzero(np.isin(labels, names))
        if not len(rows):
            continue
        if split == "train":
            guesses = cross_val_predict(model, inputs[rows], labels[rows], cv=folds)
            model.fit(inputs[rows], labels[rows])
        else:
            guesses = model.predict(inputs[rows])
        yield split, labels[rows], guesses


def _has(sets: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    """Which rows have which of some labels, `(rows, labels)` bool."""
    return np.array([[name in labels for name in names] for labels in sets], bool)


def _areas(has: np.ndarray, scores: np.ndarray) -> Strength:
    """Twice the area under the ROC curve less one, mean over labels."""
    from sklearn.metrics import roc_auc_score

    ranked = scores.reshape(has.shape)
    areas = [roc_auc_score(one, score) for one, score in zip(has.T, ranked.T, strict=True)]
    ones, others = has.sum(0), (~has).sum(0)
    # Of the Mann-Whitney statistic, doubled as the area is. Labels that come together are no
    # independent evidence, so that their mean is as uncertain as each.
    errors = 2 * np.sqrt((len(has) + 1) / (12 * ones * others))
    return Strength(2 * float(np.mean(areas)) - 1, float(np.mean(errors)), len(has))


def _correlation(targets: np.ndarray, guesses: np.ndarray) -> Strength:
    error = len(targets) ** -0.5
    if not np.ptp(targets) or not np.ptp(guesses):
        return Strength(0.0, error, len(targets))
    return Strength(float(np.corrcoef(targets, guesses)[0, 1]), error, len(targets))
