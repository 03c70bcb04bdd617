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


@pytest.mark.parametrize(
    ("train", "said"), [([()] * 18, "no label"), ([("b", "a"), ("a", "b")] * 9, "'a', 'b'")]
)
def test_rows_that_all_have_the_same_labels_cannot_be_told_apart(train, said):
    found = label_sets.label_frequencies({"train": train}, TAGS)
    assert found.verdict == "fail"
    assert found.evidence == f"All 18 training rows have the same labels: {said}."
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
        (rows(a_b=40, a=58, b=2), "'a', which tells nothing"),
        (rows(a_b=40, a=57, b=3), ""),
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


@pytest.mark.parametrize(
    ("bare", "others", "verdict"),
    [
        (40, 160, "pass"),  # Four standard errors of 0.05.
        (41, 159, "warn"),
        (20, 45, "warn"),  # Of 0.0714.
        (18, 45, "pass"),
        (600, 3_400, "pass"),
        (640, 3_360, "warn"),
    ],
)
def test_shares_without_a_label_must_surely_differ_by_fifteen_hundredths(bare, others, verdict):
    train = rows(a=200 if others < 200 else 4_000)
    found = label_sets.unlabelled_rows({"train": train, "eval": [()] * bare + rows(a=others)})
    assert found.verdict == verdict


def test_a_split_with_far_fewer_rows_without_a_label_is_named():
    train = [()] * 250 + rows(a=750)
    found = label_sets.unlabelled_rows({"train": train, "eval": rows(a=900)})
    assert "metrics of eval" in found.meaning
    assert label_sets.unlabelled_rows({"train": train, "eval": train[:900]}).verdict == "pass"


@pytest.mark.parametrize(
    ("train", "verdict"),
    [
        (rows(a_b=49, a=1, c=3), "warn"),
        (rows(a_b=48, a=1, b=1, c=3), "pass"),
        (rows(a_b=5, c=3), "warn"),
        (rows(a_b=4, c=3), "pass"),
    ],
)
def test_labels_are_always_together_in_nearly_all_of_five_rows_or_more(train, verdict):
    assert label_sets.label_cooccurrence({"train": train}).verdict == verdict


@pytest.mark.parametrize(("others", "verdict"), [(198, "warn"), (199, "pass")])
def test_the_two_hundred_most_frequent_labels_are_compared(others, verdict):
    train = [(f"other {number}",) for number in range(others)] * 6 + rows(a_b=5)
    found = label_sets.label_cooccurrence({"train": train})
    assert found.verdict == verdict
    if verdict == "pass":
        assert "No two of the 200 labels of 5 rows or more" in found.evidence


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
