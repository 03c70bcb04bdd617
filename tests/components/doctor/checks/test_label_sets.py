"""Tests of components/doctor/checks/label_sets.py."""

import pytest

from components.doctor.checks import label_sets
from components.doctor.setting import Setting

TAGS = Setting(target="tags", target_field="labels", holds="categories")


def rows(**counts):
    """So many rows with the labels that a name lists, joined by `_`."""
    return [tuple(filter(None, name.split("_"))) for name, n in counts.items() for _ in range(n)]


def test_labels_are_counted_by_rows():
    found = label_sets.label_frequencies({"train": [("a", "a", "b"), ("b",), ()] * 9}, TAGS)
    assert found.verdict == "pass"
    assert found.figures["counts"] == {"train": {"b": 18, "a": 9}}
    assert found.figures["rows"] == {"train": 27}
    assert "1.0 a row" in found.evidence


@pytest.mark.parametrize("train", [[()] * 9, [("b", "a"), ("a", "b")] * 9])
def test_rows_that_all_have_the_same_labels_cannot_be_told_apart(train):
    found = label_sets.label_frequencies({"train": train}, TAGS)
    assert found.verdict == "fail"
    assert "`task.labels` ('tags')" in found.fix
    assert "`task.separator`" in found.fix


def test_labels_that_no_training_row_has_are_named():
    found = label_sets.label_frequencies({"train": rows(a=9, b=9), "eval": rows(a_c=2, b=3)})
    assert found.verdict == "fail"
    assert "1 labels are in no training row: 'c' (2 times)" in found.evidence


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (rows(a=9, b=5), ""),
        (rows(a=9, b=4), "'b'"),
        (rows(a=97, b=3, a_b=0), "'b'"),
        (rows(a_b=40, a=60), "'a', which tells nothing"),
    ],
)
def test_labels_of_few_rows_and_of_nearly_all_warn(train, words):
    found = label_sets.label_frequencies({"train": train}, TAGS)
    assert found.verdict == ("warn" if words else "pass")
    assert words in found.meaning


@pytest.mark.parametrize(
    ("bare", "verdict"), [(29, "pass"), (30, "warn"), (89, "warn"), (90, "fail")]
)
def test_many_rows_without_a_label_warn_and_then_fail(bare, verdict):
    train = [()] * bare + [("a",)] * (100 - bare)
    assert label_sets.unlabelled_rows({"train": train}, TAGS).verdict == verdict


def test_a_split_with_far_more_rows_without_a_label_is_named():
    found = label_sets.unlabelled_rows({"train": rows(a=200), "eval": [()] * 60 + rows(a=140)})
    assert found.verdict == "warn"
    assert "metrics of eval" in found.meaning


def test_labels_that_always_come_together_are_one():
    found = label_sets.label_cooccurrence({"train": rows(a_b=20, c=20, a_b_c=9)})
    assert found.verdict == "warn"
    assert found.figures["together"] == [["a", "b"]]
    assert "'a' and 'b' (29 rows)" in found.evidence
    apart = label_sets.label_cooccurrence({"train": rows(a_b=20, c=20, a=3)})
    assert apart.verdict == "pass"


def test_rows_are_compared_in_parts_of_any_size(monkeypatch):
    monkeypatch.setattr(label_sets, "_ROWS_AT_ONCE", 7)
    train = [*rows(a_b=20), (), *rows(c=20, a_b_c=9)]
    found = label_sets.label_cooccurrence({"train": train})
    assert found.figures["together"] == [["a", "b"]]
