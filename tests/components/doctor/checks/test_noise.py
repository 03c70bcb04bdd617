"""Tests of components/doctor/checks/noise.py."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from components.doctor.checks import noise


def points(number, seed, apart=4.0, classes=3):
    """Clouds around the corners of a triangle: inputs, and their true labels."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(classes, size=number)
    inputs = rng.normal(size=(number, classes)) + apart * np.eye(classes)[numbers]
    return inputs, [f"c{number}" for number in numbers]


def labelled(inputs, labels):
    return noise.Labelled(inputs, labels, lambda row: {"row": row, "input": f"text {row}"})


def wrong(labels, share, only=None, seed=5):
    """Labels of which a share, perhaps of one class alone, is another one; and which these are."""
    rng = np.random.default_rng(seed)
    names = sorted(set(labels))
    found = list(labels)
    for row, label in enumerate(labels):
        if rng.random() < share and only in (None, label):
            found[row] = str(rng.choice([name for name in names if name != label]))
    return found, {row for row in range(len(labels)) if found[row] != labels[row]}


def judge(**splits):
    found = {name: labelled(*split) for name, split in splits.items()}
    return noise.label_noise(LogisticRegression(), found, 0.25, 0)


@pytest.mark.parametrize("apart", [4.0, 2.0, 1.5, 0.5, 0.0])
def test_clean_labels_pass_however_hard_the_task(apart):
    finding = judge(train=points(600, 1, apart), eval=points(90, 2, apart))
    assert finding.verdict == "pass"


@pytest.mark.parametrize("share", [0.08, 0.15, 0.3])
def test_wrong_labels_are_estimated_and_listed(share):
    inputs, labels = points(600, 1)
    given, rows = wrong(labels, share)
    finding = judge(train=(inputs, given), eval=points(90, 2))
    assert finding.verdict == "warn"
    assert finding.figures["noise"]["train"] == pytest.approx(share, abs=0.03)
    assert finding.figures["noise"]["eval"] < 0.03
    suspects = finding.figures["suspects"]
    assert len(suspects) == 20
    assert sum(one["row"] in rows for one in suspects) >= 19
    hits = [one["suggested"] == labels[one["row"]] for one in suspects]
    assert np.mean(hits) >= 0.9
    assert f"row {suspects[0]['row']} is" in finding.evidence


def test_one_class_alone_with_wrong_labels_is_named():
    inputs, labels = points(900, 1)
    given, _ = wrong(labels, 0.25, only="c1")
    finding = judge(train=(inputs, given))
    shares = finding.figures["by_label"]
    assert finding.verdict == "warn"
    assert shares["c0"] > 0.04
    assert shares["c2"] > 0.04
    assert shares["c1"] < 0.03  # Who still has this label has it rightly.


def test_wrong_labels_of_eval_alone_are_told():
    inputs, labels = points(150, 2)
    finding = judge(train=points(600, 1), eval=(inputs, wrong(labels, 0.3)[0]))
    assert finding.verdict == "warn"
    assert finding.figures["noise"]["eval"] > 0.2
    assert finding.figures["noise"]["train"] < 0.02


def test_few_rows_and_labels_without_relation_are_not_judged():
    inputs, labels = points(80, 1)
    assert "too few" in judge(train=(inputs, labels)).evidence
    inputs, labels = points(400, 1)
    np.random.default_rng(3).shuffle(labels)
    assert "knows too little" in judge(train=(inputs, labels)).evidence


def test_labels_that_training_lacks_are_left_out():
    inputs, labels = points(60, 2)
    finding = judge(train=points(600, 1), eval=(inputs, ["new"] * 60))
    assert list(finding.figures["noise"]) == ["train"]
