"""Tests of components/doctor/checks/strength.py: what counts, and on which scale."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from components.doctor.checks import strength


class Given(RegressorMixin, BaseEstimator):
    """A model that reads its answers off its inputs and keeps the shapes of what it learned."""

    shapes: ClassVar[list[tuple[int, ...]]] = []

    def fit(self, inputs, targets):
        self.shapes.append(np.shape(targets))
        self.places = 0 if np.ndim(targets) == 1 else slice(np.shape(targets)[1])
        return self

    def predict(self, inputs):
        return inputs[:, self.places]


@pytest.fixture(autouse=True)
def shapes(monkeypatch):
    monkeypatch.setattr(Given, "shapes", [])
    return Given.shapes


def column(*values):
    return np.array(values)[:, None]


def of_label(**splits):
    """Strengths of splits of labels, all of which but those in capitals are answered rightly."""
    splits = {name: (column(*"".join(found).lower()), [*found]) for name, found in splits.items()}
    return dict(strength.of_label(Given(), splits, 0))


@pytest.mark.parametrize(("rows", "is_told"), [(10, True), (9, False)])
def test_a_label_of_ten_rows_counts(rows, is_told):
    found = of_label(train="a" * 12 + "b" * rows + "c" * 3)
    assert {name: one.rows for name, one in found.items()} == ({"train": 22} if is_told else {})


def test_the_labels_of_a_split_count_alike_whatever_their_rows(shapes):
    train = [*"a" * 12, *"b" * 18]
    answers = column(*"a" * 9, *"b" * 3, *"b" * 9, *"a" * 9)
    other = column(*"aab", *"aaaaabb"), [*"bbb", *"aaaaa", *"cc"]
    splits = {"train": (answers, train), "eval": other, "test": (column("c"), ["c"])}
    found = dict(strength.of_label(Given(), splits, 0))
    # Recalls of 3/4 and 1/2, then of 1/3 and 1, between chance at one half and 1.
    assert found["train"].value == pytest.approx(2 * (0.625 - 0.5))
    assert found["eval"].value == pytest.approx(2 * (2 / 3 - 0.5))
    assert found["train"].error == pytest.approx(2 * (0.25 / 12 + 0.25 / 18) ** 0.5 / 2)
    assert found["eval"].error == pytest.approx(2 * (0.25 / 3 + 0.25 / 5) ** 0.5 / 2)
    assert {name: one.rows for name, one in found.items()} == {"train": 30, "eval": 8}
    assert shapes == [(20,)] * 3 + [(30,)]


def test_of_a_split_with_one_label_only_its_recall_counts():
    found = of_label(train="a" * 12 + "b" * 10 + "c" * 14, eval="bbbb")
    assert (found["eval"].value, found["eval"].rows) == (1.0, 4)
    # One class at chance of a third, of four rows.
    assert found["eval"].error == pytest.approx(1.5 * (1 / 3 * 2 / 3 / 4) ** 0.5)


def sets(size, **rows):
    """So many sets, of which the first have a label, by label."""
    return [tuple(name for name, count in rows.items() if row < count) for row in range(size)]


def has(found, *names):
    return np.array([[name in labels for name in names] for labels in found], float)


@pytest.mark.parametrize(("rows", "is_told"), [(9, False), (10, True), (15, True), (16, False)])
def test_ten_sets_must_have_a_label_and_ten_lack_it(rows, is_told):
    found = sets(25, x=rows)
    told = dict(strength.of_labels(Given(), {"train": (has(found, "x"), found)}, 0))
    assert list(told) == ["train"] * is_told


def test_the_thirty_most_frequent_labels_count(shapes):
    names = [f"label{number}" for number in range(31)]
    found = sets(63, **{name: 10 + number for number, name in enumerate(names)})
    inputs = has(found, *reversed(names[1:]))
    told = dict(strength.of_labels(Given(), {"train": (inputs, found)}, 0))
    assert told["train"].value == 1.0
    assert shapes == [(42, 30)] * 3 + [(63, 30)]


@pytest.mark.parametrize(("rows", "is_told"), [(4, False), (5, True), (6, True), (7, False)])
def test_in_another_split_five_sets_must_have_a_label_and_five_lack_it(rows, is_told):
    train, other = sets(25, x=12, y=10), sets(11, y=rows)
    splits = {"train": (has(train, "x", "y"), train), "eval": (has(other, "x", "y"), other)}
    told = dict(strength.of_labels(Given(), splits, 0))
    assert list(told) == ["train", *["eval"] * is_told]
    if is_told:
        assert told["eval"].value == 1.0
        assert told["eval"].rows == 11


def test_labels_are_told_by_the_area_under_their_curves():
    found = sets(25, x=12, y=10)
    scores = has(found, "x", "y")
    scores[:3, 0] = 0  # A quarter of the rows with the first label look as those without.
    one = dict(strength.of_labels(Given(), {"train": (scores, found)}, 0))["train"]
    assert one.value == pytest.approx((0.75 + 1.0) / 2)
    errors = [2 * (26 / (12 * rows * (25 - rows))) ** 0.5 for rows in (12, 10)]
    assert one.error == pytest.approx(np.mean(errors))
    assert one.rows == 25


def of_number(train, other):
    splits = {"train": (column(*train), train), "eval": (column(*other), other)}
    return dict(strength.of_number(Given(), splits, 0))


@pytest.mark.parametrize(
    ("train", "other", "told"),
    [(19, 10, []), (20, 9, ["train"]), (20, 10, ["train", "eval"])],
)
def test_twenty_numbers_are_needed_and_ten_of_another_split(train, other, told, shapes):
    found = of_number(np.arange(train), np.arange(other) * 2.0)
    assert list(found) == told
    assert sorted(shapes) == ([(13,), (13,), (14,), (20,)] if told else [])
    for name, rows in zip(told, (train, other), strict=False):
        assert found[name].value == pytest.approx(1.0)
        assert (found[name].error, found[name].rows) == (rows**-0.5, rows)


def test_numbers_that_are_all_the_same_tell_nothing():
    assert of_number([3.0] * 30, np.arange(12)) == {}
    assert of_number(np.arange(30), [3.0] * 12)["eval"].value == 0.0
    same = {"train": (np.ones((30, 1)), np.arange(30))}
    assert dict(strength.of_number(Given(), same, 0))["train"].value == 0.0
