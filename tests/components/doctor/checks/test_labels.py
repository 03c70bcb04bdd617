"""Tests of components/doctor/{balance,labels,duplicates,signal}.py."""

import numpy as np
import pytest

from components.doctor import rows, setting
from components.doctor.checks import balance, duplicates, labels, signal


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((30, 40), "pass"), ((300, 20), "warn"), ((40, 3), "warn"), ((990, 10), "fail")],
)
def test_balance_is_judged_by_the_largest_and_the_smallest_class(counts, verdict):
    names = ["a"] * counts[0] + ["b"] * counts[1]
    finding = balance.class_balance({"train": names, "eval": ["b", "a"]})
    assert finding.verdict == verdict
    assert finding.figures["counts"]["train"] == {"a": counts[0], "b": counts[1]}


def test_rare_classes_that_count_more_are_no_failure():
    names = ["a"] * 990 + ["b"] * 10
    assert (
        balance.class_balance({"train": names}, setting.Setting(is_weighted=True)).verdict == "pass"
    )


def test_a_single_class_cannot_be_told_apart_even_weighted():
    finding = balance.class_balance({"train": ["a", "a", "a"]}, setting.Setting(is_weighted=True))
    assert finding.verdict == "fail"
    assert "`task.label`" in finding.fix


def test_labels_that_no_training_row_has_are_named():
    finding = balance.class_balance({"train": ["a", "b"] * 9, "eval": ["a", "c", "c", "d"]})
    assert finding.verdict == "fail"
    assert "2 labels are not in the training rows at all: 'c', 'd' (3 rows)" in finding.evidence


@pytest.mark.parametrize(("number", "more"), [(5, ""), (6, ", ...")])
def test_five_labels_that_no_training_row_has_are_named(number, more):
    unseen = [f"new{place}" for place in range(number)]
    evidence = balance.class_balance({"train": ["a", "b"] * 9, "eval": unseen}).evidence
    assert f"{', '.join(map(repr, unseen[:5]))}{more} ({number} rows)" in evidence


def texts(inputs, split_labels):
    return rows.texts(zip(inputs, split_labels, strict=True), 99, 0)[1]


def images(inputs, split_labels):
    return rows.images(zip(inputs, split_labels, strict=True), 99, 0)[1]


def compared(split_rows):
    return split_rows, split_rows, {name: part.keys for name, part in split_rows.items()}


def test_conflicts_limit_what_any_model_can_reach():
    train = texts(["A", "a ", "a", "b", "c"], ["x", "x", "y", "y", "y"])
    evaluated = texts(["c", "d", "e"], ["z", "x", "x"])
    finding = labels.label_conflicts(*compared({"train": train, "eval": evaluated}))
    assert finding.verdict == "fail"
    assert finding.figures["exact"] == 5 / 8
    assert "more than 75.0% of the rows" in finding.meaning
    assert finding.figures["examples"][0] == {"input": "A", "labels": {"x": 2, "y": 1}}


def test_images_in_conflict_are_named_by_place():
    train = images([b"1", b"2", b"1"], ["x", "y", "y"])
    finding = labels.label_conflicts(*compared({"train": train}))
    assert [example["input"] for example in finding.figures["examples"]] == ["train image 0"]


def test_images_of_a_sample_are_named_by_their_place_among_all_rows():
    several = [(b"%d" % (number // 2), b"xy"[number % 2 :][:1]) for number in range(40)]
    every, sample = rows.images(several, 3, 0)
    keys = {"train": sample.keys}
    finding = labels.label_conflicts({"train": every}, {"train": sample}, keys)
    named = {example["input"] for example in finding.figures["examples"]}
    assert named
    assert named <= {f"train image {place}" for place in sample.places}
    assert max(sample.places) > 2


def test_repeated_rows_are_counted_beyond_the_first():
    train = texts(["a", "A", "b", "a", "c"], ["x"] * 5)
    finding = duplicates.exact_duplicates({"train": train})
    assert finding.verdict == "warn"
    assert finding.figures["repeated"]["train"] == pytest.approx(0.4)


def test_near_duplicates_are_those_that_are_not_exact():
    train = texts(["a", "A", "b", "c", "d"], ["x"] * 5)
    groups = {"train": np.array([0, 0, 0, 1, 2])}
    finding = duplicates.near_duplicates({"train": train}, groups)
    assert finding.verdict == "warn"
    assert finding.figures["repeated"]["train"] == pytest.approx(0.2)


def test_a_split_without_rows_repeats_nothing():
    parts = {"train": texts(["a", "b"], ["x"] * 2), "eval": texts([], [])}
    assert duplicates.exact_duplicates(parts).figures["repeated"]["eval"] == 0.0
    groups = {"train": np.array([0, 1]), "eval": np.zeros(0, int)}
    assert duplicates.near_duplicates(parts, groups).figures["repeated"]["eval"] == 0.0


def numbers(count, seed):
    which = np.random.default_rng(seed).integers(0, 3, count)
    return which[:, None] + np.linspace(0, 0.3, count)[:, None], [f"c{w}" for w in which]


def model():
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(1)


def test_few_rows_at_chance_are_too_few_to_tell():
    inputs, names = numbers(45, 1)
    finding = signal.label_signal(model(), {"train": (inputs[::-1], sorted(names))}, 0)
    assert finding.verdict == "pass"


def test_a_split_at_chance_is_reported_though_train_is_fine():
    inputs, names = numbers(900, 2)
    others, answers = numbers(600, 3)
    np.random.default_rng(4).shuffle(answers)
    finding = signal.label_signal(model(), {"train": (inputs, names), "eval": (others, answers)}, 0)
    assert finding.verdict == "warn"
    assert finding.figures["recall"]["train"] == 1.0
    assert finding.figures["recall"]["eval"] < 0.45


def test_classes_of_few_rows_are_left_out():
    finding = signal.label_signal(model(), {"train": (np.zeros((12, 1)), ["a"] * 9 + ["b"] * 3)}, 0)
    assert finding.verdict == "pass"
    assert "too few" in finding.evidence
