"""Answers of several models to the same examples: how good, and whether really different."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np
from scipy import stats

from models.tasks import intervals, metrics

FILE = "answers.npz"
"""File that keeps what `Answers.save` writes."""
_ACCURACY, _MACRO_F1 = metrics.accuracy("label"), metrics.macro_f1("label")


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
        return _MACRO_F1.figure(np.stack([self.given, self.predicted], axis=1))

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
    return intervals.interval(_ACCURACY, answers.is_right[:, None].astype(float))


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
