"""Answers of several models to the same examples: how good, and whether really different."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np
from scipy import stats

LEVEL = 0.95
"""Confidence of intervals and tests."""
FILE = "answers.npz"
"""File that keeps what `Answers.save` writes."""


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a model said about every evaluated example, in one order for all models."""

    given: np.ndarray
    """True labels `(examples,)` string."""
    predicted: np.ndarray
    """Labels the model chose `(examples,)` string."""

    @property
    def is_right(self) -> np.ndarray:
        """Whether each answer is right `(examples,)` bool."""
        return self.given == self.predicted

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1."""
        return float(np.mean(self.is_right))

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that were given or predicted, 0 to 1."""
        labels = np.union1d(self.given, self.predicted)
        f1 = [self._f1(label) for label in labels]
        return float(np.mean(f1))

    def _f1(self, label: str) -> float:
        given, predicted = self.given == label, self.predicted == label
        return 2 * float(np.sum(given & predicted)) / float(np.sum(given) + np.sum(predicted))

    def save(self, path: pathlib.Path) -> None:
        """Write both arrays into one file that a reader never sees half written."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{os.getpid()}.{path.name}")
        np.savez_compressed(temporary, given=self.given, predicted=self.predicted)
        temporary.replace(path)


def load(path: pathlib.Path) -> Answers:
    """Read what `Answers.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Answers(arrays["given"], arrays["predicted"])


def interval(answers: Answers) -> tuple[float, float]:
    """95 % Wilson interval of the accuracy."""
    correct = int(np.sum(answers.is_right))
    ends = stats.binomtest(correct, len(answers.given)).proportion_ci(LEVEL, method="wilson")
    return float(ends.low), float(ends.high)


def p_value(one: Answers, other: Answers) -> float:
    """Exact McNemar test of two models on the same examples.

    Only examples that one has right and the other wrong tell them apart; if the models are equally
    good, each is as likely to be the one that is right.

    Source: McNemar (1947), https://doi.org/10.1007/BF02295996; the exact form of Dietterich
    (1998), https://doi.org/10.1162/089976698300017197, section 3.1.

    Returns:
        Chance of a difference at least as large between equally good models; 1 if the models
        are right on the same examples.
    """
    first = int(np.sum(one.is_right & ~other.is_right))
    second = int(np.sum(other.is_right & ~one.is_right))
    if first + second == 0:
        return 1.0
    return float(stats.binomtest(first, first + second).pvalue)
