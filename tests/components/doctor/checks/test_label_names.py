"""Tests of components/doctor/checks/label_names.py: what is told of labels, and how many."""

import pytest

from components.doctor.checks import label_names


@pytest.mark.parametrize(
    ("number", "occur"), [(1, "1 label occurs"), (2, "2 labels occur"), (6, "6 labels occur")]
)
def test_five_labels_in_several_spellings_are_told(number, occur):
    names = [f"{first}ate" for first in "dfghlm"[:number]]
    found = label_names.label_names({"train": [*names, *map(str.upper, names), "other"] * 2})
    assert found.verdict == "warn"
    assert found.evidence.startswith(f"{occur} in several spellings: ")
    assert len(found.figures["alike"]) == number
    assert found.evidence.count(";") == min(number, 5) - 1
    assert found.figures["missing"] == []


@pytest.mark.parametrize("number", [1, 6])
def test_five_labels_that_may_stand_for_a_missing_value_are_told_with_their_rows(number):
    names = ["unknown", "none", "n/a", "missing", "?", "not available"][:number]
    found = label_names.label_names({"train": [*names, "cat", "dog"] * 2, "eval": names})
    assert found.verdict == "warn"
    assert sorted(found.figures["missing"]) == sorted(names)
    assert found.evidence.count("(3 rows)") == min(number, 5)
    assert "spellings" not in found.evidence
