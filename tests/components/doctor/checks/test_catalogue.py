"""Tests of components/doctor/checks/catalogue.py: what it makes of rows for a check."""

import numpy as np

from components.doctor.checks import catalogue
from components.doctor.rows import Rows


def rows(*targets):
    return Rows(list(targets), np.arange(len(targets)).astype(np.uint64))


def test_labels_of_sets_are_features_that_a_row_has_or_lacks():
    parts = {"train": rows(("a", "b"), ("a",), ()), "eval": rows(("b", "c"), ("a",))}
    found = catalogue._label_shares(parts)
    assert {split: list(shares) for split, shares in found.items()} == {
        "train": ["the label 'a'", "the label 'b'"],
        "eval": ["the label 'a'", "the label 'b'"],
    }
    assert found["train"]["the label 'a'"].tolist() == [1, 1, 0]
    assert found["train"]["the label 'b'"].tolist() == [1, 0, 0]
    assert found["eval"]["the label 'a'"].tolist() == [0, 1]


def test_the_fifty_most_frequent_labels_of_train_are_features():
    names = [f"label{number}" for number in range(51)]
    train = rows(*[tuple(names[place:]) for place in range(51)])
    found = catalogue._label_shares({"train": train})["train"]
    assert list(found) == [f"the label {name!r}" for name in reversed(names[1:])]
