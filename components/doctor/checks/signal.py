"""Whether labels have anything to do with inputs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from components.doctor.finding import Figures, Finding
from components.doctor.setting import Setting

NAME = "label_signal"
_NO_SETTING = Setting()
_FOLDS = 3
_FEWEST = 10  # rows below which a class is left out
_SURE = 3.0  # standard errors above chance from which labels are related to inputs
_LITTLE = 0.15  # share of the way from chance to perfect that counts as nothing
_RENAMED = 0.7  # share of the accuracy on training rows that a renaming of labels must restore
_SHOWN = 5  # other names that are told


def label_signal(
    model: Any,
    splits: Mapping[str, tuple[Any, Sequence[str]]],
    seed: int,
    setting: Setting = _NO_SETTING,
) -> Finding:
    """Ask a simple model to predict labels, by cross-validation and on the other splits.

    Args:
        model: A scikit-learn classifier that counts classes alike, whatever their rows.
        splits: What the model reads, `(rows, dim)` dense or sparse, no two rows of a split of the
            same input; and labels. `train` must be among them.
        seed: Of the folds.
        setting: Where the labels are from.

    Returns:
        `warn` where labels of train, or of another split, are at chance though there are enough
        rows to see more; `fail` where another split uses the labels for other classes; figures
        `recall` (mean over classes, by split) and `chance`.
    """
    names = sorted(label for label, rows in Counter(splits["train"][1]).items() if rows >= _FEWEST)
    if len(names) < 2:
        evidence = f"Fewer than two classes with {_FEWEST} rows: too few to relate to inputs."
        return Finding(NAME, "pass", evidence, figures={"recall": {}, "chance": 1.0})
    inputs, labels = _only(splits["train"], names)
    recall, error = _recall(labels, _cross_validate(model, inputs, labels, seed), len(names))
    chance = 1 / len(names)
    figures: Figures = {"recall": {"train": recall}, "chance": chance}
    little = chance + _LITTLE * (1 - chance)
    evidence = f"A simple model finds {recall:.1%} of each class (chance is {chance:.1%})"
    if recall < chance + _SURE * error:
        if recall + 2 * error >= little:
            evidence += f", but {len(labels):,} training rows are too few to tell."
            return Finding(NAME, "pass", evidence, figures=figures)
        return _unrelated(evidence + f" in {len(labels):,} training rows.", setting, figures)
    model.fit(inputs, labels)
    for split in (name for name in splits if name != "train"):
        other_inputs, other_labels = _only(splits[split], names)
        predicted = model.predict(other_inputs) if other_labels.size else other_labels
        found, spread = _recall(other_labels, predicted, len(names))
        figures["recall"][split] = found
        evidence += f", {found:.1%} in {split}"
        if not other_labels.size or found + 2 * spread >= (chance + recall) / 2:
            continue
        renamed = _renaming(other_labels, predicted, names, _RENAMED * recall)
        if renamed:
            return _other_names(split, renamed, evidence + ".", figures)
        if found < chance + _SURE * spread and found + 2 * spread < little:
            return _unrelated(evidence + ".", setting, figures)
    return Finding(NAME, "pass", evidence + ".", figures=figures)


def _unrelated(evidence: str, setting: Setting, figures: Figures) -> Finding:
    return Finding(
        NAME,
        "warn",
        evidence,
        "Labels look as if they were dealt out at random: shuffled, moved by a row against the "
        "inputs, or about something that neither words nor shapes show.",
        f"{setting.check_target()}; compare a few rows of `data.source` with their labels by eye, "
        "and look at how inputs and labels were joined.",
        figures,
    )


def _other_names(split: str, renamed: dict[str, str], evidence: str, figures: Figures) -> Finding:
    said = ", ".join(f"{new!r} for {old!r}" for old, new in list(renamed.items())[:_SHOWN])
    if len(renamed) > _SHOWN:
        said += f" and {len(renamed) - _SHOWN} more"
    return Finding(
        NAME,
        "fail",
        f"{evidence} With other names it would be right: {split} has {said}.",
        f"The labels of {split} mean other classes than those of train (numbered from another "
        "start, or in another order), so its metrics are untrue.",
        f"Give the rows of {split} in `data.source` the same labels as the training rows.",
        {**figures, "renamed": renamed},
    )


def _only(pair: tuple[Any, Sequence[str]], names: Sequence[str]) -> tuple[Any, np.ndarray]:
    """Rows with one of the labels, and the labels' places in `names`, which are sorted."""
    known = {name: number for number, name in enumerate(names)}
    inputs, labels = pair
    places = np.array([place for place, label in enumerate(labels) if label in known], int)
    return inputs[places], np.array([known[labels[place]] for place in places], int)


def _cross_validate(model: Any, inputs: Any, labels: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    return cross_val_predict(model, inputs, labels, cv=folds)


def _recall(labels: np.ndarray, predicted: np.ndarray, num_classes: int) -> tuple[float, float]:
    """Recall, mean over the classes there are, and its standard error under chance."""
    present, counts = np.unique(labels, return_counts=True)
    if not len(present):
        return 0.0, 0.0
    recalls = [np.mean(predicted[labels == number] == number) for number in present]
    chance = 1 / num_classes
    error = np.sqrt(np.sum(chance * (1 - chance) / counts)) / len(present)
    return float(np.mean(recalls)), float(error)


def _renaming(
    labels: np.ndarray, predicted: np.ndarray, names: Sequence[str], least: float
) -> dict[str, str]:
    """Which label of the split stands for which training label, where one assignment explains all.

    Empty if no assignment reaches `least` accuracy.
    """
    table = np.zeros((len(names), len(names)), int)
    np.add.at(table, (predicted, labels), 1)
    old, new = linear_sum_assignment(-table)
    if table[old, new].sum() < least * table.sum():
        return {}
    return {names[a]: names[b] for a, b in zip(old, new, strict=True) if a != b}
