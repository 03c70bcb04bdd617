"""How many labels look wrong, and which."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from components.doctor.finding import Finding

NAME = "label_noise"
_FOLDS = 5
_FEWEST = 10  # rows below which a class is left out
_ENOUGH = 150  # rows below which nothing can be told
_SURE = 0.05  # probability that the true share of errors is below what is taken for it
_WEAK = 0.25  # errors from which only the surest fifth of a model's answers counts
_SUREST, _SUREST_OF_WEAK = 0.5, 0.2
_LEAST = 0.02  # share of errors among sure answers that any data may have
_PER_ERROR, _PER_ERROR_OF_WEAK = 0.25, 0.18
"""Errors among the surest answers per error anywhere that a hard task has without wrong labels."""
_SUREST_OF_CLASS = 0.3
_LEAST_OF_CLASS, _TIMES_OTHERS = 0.03, 2.0
_FEWEST_ANSWERS = 15  # of a class, or of another split, that are judged
_SHOWN, _TOLD = 20, 3  # rows that are listed, and that are told


@dataclasses.dataclass(frozen=True)
class Labelled:
    """What the check needs of a split."""

    inputs: Any
    """What the model reads, `(rows, dim)` dense or sparse."""
    labels: Sequence[str]
    """One per row."""
    describe: Callable[[int], dict[str, Any]]
    """A row to its number in the data (`row`) and its text or name (`input`)."""


def label_noise(model: Any, splits: Mapping[str, Labelled], learned: float, seed: int) -> Finding:
    """Estimate the share of wrong labels by confident learning, and list the likeliest.

    A hard task makes a model err as wrong labels do, but where it is sure, it errs less and less;
    wrong labels are as frequent there as anywhere. So the errors among the model's surest answers
    decide whether there is anything to tell, for all classes and for each alone. Classes that truly
    overlap, so that nobody could be sure, cannot be told from wrong labels.

    Args:
        model: A scikit-learn classifier with probabilities.
        splits: By name, `train` among them; no two rows of a split with the same input.
        learned: Share of the way from chance to perfect that the model must have gone for its
            doubts to count, 0 to 1.
        seed: Of the folds.

    Returns:
        `warn` where sure answers contradict labels too often; figures `noise` (share of rows whose
        label is another's, by split, if it was told), `by_label` (the same by training label),
        `sure_errors` and `suspects` (`row`, `input`, `label`, `suggested`, the likeliest first).

    Source:
        Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset
        Labels", JAIR 70, https://arxiv.org/abs/1911.00068, sections 3.1 and 3.2.
    """
    train = splits["train"]
    names = sorted(name for name, rows in Counter(train.labels).items() if rows >= _FEWEST)
    places, labels = _known(train.labels, names)
    if len(names) < 2 or len(labels) < _ENOUGH:
        return _untold(f"{len(labels):,} training rows are too few to find wrong labels among.")
    probabilities = _cross_validated(model, train.inputs[places], labels, seed)
    answers = _Answers(probabilities, labels)
    chance = 1 / len(names)
    if 1 - answers.errors < chance + learned * (1 - chance):
        return _untold("The simple model knows too little of these classes to doubt labels.")
    limits = _thresholds(probabilities, labels)
    doubted = _doubted(probabilities, labels, limits)
    by_label = {name: float(doubted[labels == n].mean()) for n, name in enumerate(names)}
    figures: dict[str, Any] = {
        "noise": {"train": float(doubted.mean())},
        "by_label": by_label,
        "sure_errors": answers.sure_errors,
    }
    noisy = [names[number] for number in answers.wrong_answers()]
    told = answers.sure_errors > answers.let_pass or bool(noisy)
    model.fit(train.inputs[places], labels)
    for name in (name for name in splits if name != "train"):
        rows, found = _known(splits[name].labels, names)
        if len(found) < _FEWEST_ANSWERS:
            continue
        judged = model.predict_proba(splits[name].inputs[rows])
        other = _Answers(judged, found)
        figures["noise"][name] = float(_doubted(judged, found, limits).mean())
        told = told or other.sure_errors > answers.let_pass + _TIMES_OTHERS * answers.sure_errors
    said = ", ".join(f"{share:.1%} of {name}" for name, share in figures["noise"].items())
    if not told:
        evidence = (
            f"Where a simple model is sure of the training rows, at least "
            f"{answers.sure_errors:.1%} of the labels contradict it; a task as hard as this one "
            f"may have {answers.let_pass:.1%}."
        )
        return Finding(NAME, "pass", evidence, figures=figures)
    figures["suspects"] = _suspects(train, places, probabilities, labels, doubted, names)
    return Finding(
        NAME,
        "warn",
        f"Labels that look wrong: {said} rows, at least {answers.sure_errors:.1%} of train where a "
        f"simple model is sure; {_by_label(by_label)}.{_examples(figures)}",
        "A model learns wrong labels, too, with enough epochs, and no metric can be better than "
        "the labels of its split: part of what counts as errors are none.",
        "Look through `suspects` in findings.json and correct them in `data.source`. Against what "
        "is left, `training.label_smoothing: 0.1`, fewer epochs and a smaller model help.",
        figures,
    )


class _Answers:
    """What a model said of rows, against their labels.

    Args:
        probabilities: `(rows, classes)`.
        labels: Places of the labels among the classes, `(rows,)` int.
    """

    def __init__(self, probabilities: np.ndarray, labels: np.ndarray):
        self._answers = probabilities.argmax(1)
        self._sureness = probabilities.max(1)
        self._is_wrong = self._answers != labels
        self._classes = probabilities.shape[1]
        self.errors = float(self._is_wrong.mean())
        """Share of wrong answers."""
        is_weak = self.errors > _WEAK
        share = _SUREST_OF_WEAK if is_weak else _SUREST
        self.sure_errors = self._at_least(np.arange(len(labels)), share, _SURE)
        """Share of errors among the surest answers, at the lower end of its interval."""
        per_error = _PER_ERROR_OF_WEAK if is_weak else _PER_ERROR
        self.let_pass = _LEAST + per_error * self.errors
        """The same that a hard task may have."""

    def wrong_answers(self) -> list[int]:
        """Classes whose sure answers are wrong far more often than those of others."""
        rows = {n: np.flatnonzero(self._answers == n) for n in range(self._classes)}
        judged = {n: found for n, found in rows.items() if len(found) >= _FEWEST_ANSWERS}
        shares = {
            n: self._is_wrong[self._surest(r, _SUREST_OF_CLASS)].mean() for n, r in judged.items()
        }
        noisy = []
        for number, found in judged.items():
            others = [share for other, share in shares.items() if other != number]
            wrong = self._at_least(found, _SUREST_OF_CLASS, _SURE / self._classes)
            if others and wrong > _LEAST_OF_CLASS + _TIMES_OTHERS * np.median(others):
                noisy.append(number)
        return noisy

    def _surest(self, rows: np.ndarray, share: float) -> np.ndarray:
        order = np.argsort(-self._sureness[rows], kind="stable")
        return rows[order[: int(share * len(rows))]]

    def _at_least(self, rows: np.ndarray, share: float, probability: float) -> float:
        """Lower end of the exact interval (Clopper and Pearson 1934) of a share of errors."""
        surest = self._surest(rows, share)
        wrong = int(self._is_wrong[surest].sum())
        if not wrong:
            return 0.0
        return float(stats.beta.ppf(probability, wrong, len(surest) - wrong + 1))


def _untold(evidence: str) -> Finding:
    return Finding(NAME, "pass", evidence, figures={"noise": {}, "by_label": {}})


def _known(labels: Sequence[str], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows with one of the labels, and the labels' places in `names`."""
    known = {name: number for number, name in enumerate(names)}
    places = [place for place, label in enumerate(labels) if label in known]
    return np.array(places, int), np.array([known[labels[place]] for place in places], int)


def _cross_validated(model: Any, inputs: Any, labels: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    return cross_val_predict(model, inputs, labels, cv=folds, method="predict_proba")


def _thresholds(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean probability of each label in the rows that have it; equation 2 of the source."""
    return np.array([probabilities[labels == n, n].mean() for n in range(probabilities.shape[1])])


def _doubted(probabilities: np.ndarray, labels: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Rows that the confident joint counts for another label, `(rows,)` bool; equation 1."""
    is_confident = probabilities >= limits
    likeliest = np.where(is_confident, probabilities, 0.0).argmax(1)
    return is_confident.any(1) & (likeliest != labels)


def _suspects(
    train: Labelled,
    places: np.ndarray,
    probabilities: np.ndarray,
    labels: np.ndarray,
    doubted: np.ndarray,
    names: Sequence[str],
) -> list[dict[str, Any]]:
    """The doubted rows by their margin, the surest first."""
    rows = np.flatnonzero(doubted)
    margins = probabilities[rows].max(1) - probabilities[rows, labels[rows]]
    order = rows[np.argsort(-margins, kind="stable")]
    return [
        {
            **train.describe(int(places[row])),
            "label": names[labels[row]],
            "suggested": names[probabilities[row].argmax()],
        }
        for row in order[:_SHOWN]
    ]


def _by_label(shares: Mapping[str, float]) -> str:
    worst = sorted(shares.items(), key=lambda item: -item[1])[:5]
    return "by training label " + ", ".join(f"{name!r} {share:.1%}" for name, share in worst)


def _examples(figures: Mapping[str, Any]) -> str:
    said = "; ".join(
        f"row {one['row']} is {one['label']!r}, but looks {one['suggested']!r}: {one['input']!r}"
        for one in figures["suspects"][:_TOLD]
    )
    return f" Likeliest: {said}." if said else ""
