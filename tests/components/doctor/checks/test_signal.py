"""Tests of where components/doctor/checks/signal.py takes labels for related, and for others."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from components.doctor.checks import signal


class Answers(ClassifierMixin, BaseEstimator):
    """A classifier that reads labels off its inputs and keeps how many rows it was given."""

    rows: ClassVar[list[int]] = []

    def fit(self, inputs, labels):
        self.rows.append(len(labels))
        self.classes_ = np.unique(labels)
        return self

    def predict(self, inputs):
        return inputs[:, 0].astype(int)


def answered(right, count, seed=0):
    """Inputs that say the label of a share of the rows of each of two classes, and labels."""
    places = np.tile(np.arange(count), 2) < round(right * count)
    labels = np.repeat([0, 1], count)
    return np.where(places, labels, 1 - labels)[:, None].astype(float), ["ab"[n] for n in labels]


def related(train, **others):
    splits = {"train": answered(*train), **{name: answered(*of) for name, of in others.items()}}
    return signal.label_signal(Answers(), splits, 0)


@pytest.mark.parametrize(
    ("right", "count", "verdict", "word"),
    [
        (0.9, 400, "pass", "finds 90.0% of each class (chance is 50.0%)."),
        (0.56, 400, "pass", "finds 56.0%"),  # Little, but three errors of 0.018 above chance.
        (0.52, 400, "warn", "in 800 training rows"),
        (0.5, 12, "pass", "24 training rows are too few to tell"),
    ],
)
def test_labels_are_related_to_inputs_unrelated_or_too_few(right, count, verdict, word):
    found = related((right, count))
    assert found.verdict == verdict
    assert word in found.evidence
    assert found.figures == {"recall": {"train": pytest.approx(right)}, "chance": 0.5}


def test_a_simple_model_is_asked_about_a_third_of_the_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(Answers, "rows", [])
    related((0.9, 15))
    assert Answers.rows == [20] * 3 + [30]


def test_classes_of_fewer_than_ten_rows_are_left_out():
    assert related((1.0, 10)).figures["chance"] == 0.5
    few = related((1.0, 9))
    assert (few.verdict, few.figures) == ("pass", {"recall": {}, "chance": 1.0})


@pytest.mark.parametrize(
    ("right", "verdict"), [(0.9, "pass"), (0.72, "pass"), (0.5, "warn"), (0.2, "fail")]
)
def test_labels_of_another_split_are_worse_unrelated_or_other_ones(right, verdict):
    found = related((0.9, 200), eval=(right, 300))
    assert found.verdict == verdict
    assert found.figures["recall"]["eval"] == pytest.approx(right)
    assert found.figures.get("renamed") == ({"a": "b", "b": "a"} if verdict == "fail" else None)


@pytest.mark.parametrize(
    ("train", "right", "verdict"),
    [(1.0, 0.3, "fail"), (1.0, 0.31, "warn"), (0.9, 0.36, "fail"), (0.9, 0.38, "warn")],
)
def test_labels_of_another_split_are_other_ones_if_names_restore_seven_tenths(
    train, right, verdict
):
    assert related((train, 100), eval=(right, 100)).verdict == verdict


@pytest.mark.parametrize(
    ("recall", "error", "verdict", "is_too_few"),
    [
        (0.5, 0.037, "warn", False),
        (0.5, 0.0375, "pass", True),  # Fifteen hundredths of the way may be there and be missed.
        (0.593, 1 / 32, "pass", True),
        (0.59375, 1 / 32, "pass", False),  # Three errors above chance.
        (0.51, 0.003, "pass", False),
    ],
)
def test_labels_are_related_to_inputs_by_three_errors(
    recall, error, verdict, is_too_few, monkeypatch
):
    monkeypatch.setattr(signal, "_recall", lambda *_: (recall, error))
    found = related((0.5, 20))
    assert found.verdict == verdict
    assert ("are too few to tell" in found.evidence) == is_too_few


@pytest.mark.parametrize(
    ("train", "recall", "error", "verdict"),
    [
        (0.9, 0.5, 0.0374, "warn"),
        (0.9, 0.5, 0.0375, "pass"),
        (0.9, 0.523, 1 / 128, "warn"),
        (0.9, 0.5234375, 1 / 128, "pass"),  # Three errors above chance.
        (0.6, 0.5, 0.024, "warn"),
        (0.6, 0.5, 0.025, "pass"),  # It may be half as far from chance as that of train.
    ],
)
def test_labels_of_another_split_are_unrelated_by_three_errors(
    train, recall, error, verdict, monkeypatch
):
    said = iter([(train, 0.01), (recall, error)])
    monkeypatch.setattr(signal, "_recall", lambda *_: next(said))
    assert related((0.5, 20), eval=(0.5, 20)).verdict == verdict


def test_a_few_rows_of_another_split_that_are_mistaken_have_no_other_labels():
    found = related((0.9, 200), eval=(1 / 3, 3))
    assert (found.verdict, found.figures["recall"]["eval"]) == ("pass", pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("count", "said"), [(5, "'4' for '3', '0' for '4'."), (7, "'5' for '4' and 2 more.")]
)
def test_five_of_the_other_names_are_shown_and_the_rest_counted(count, said):
    renamed = {str(one): str((one + 1) % count) for one in range(count)}
    found = signal._other_names("eval", renamed, "Found.", {})
    assert found.evidence.endswith(said)
