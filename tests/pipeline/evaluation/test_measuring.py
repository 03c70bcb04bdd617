"""Tests of pipeline/evaluation/measuring.py: what is added up of answers."""

import numpy as np
import pytest

from components.ingest import tfexample
from models.tasks import classification, intervals
from models.tasks.regression import TextRegression
from pipeline.evaluation import measuring
from pipeline.evaluation.new_rows import NewRow
from pipeline.scoring import asking

TASK = classification.TextClassification("text_classification", "review", "stars")


def new_rows(*pairs):
    """Rows of text and label, with the language that a slice goes by."""
    return [
        NewRow(
            f"new.csv:{number}",
            tfexample.serialize(
                {
                    "review": text.encode(),
                    "stars": label.encode(),
                    "language": b"ko" if ord(text[-1]) > 255 else b"en",
                }
            ),
        )
        for number, (text, label) in enumerate(pairs, start=2)
    ]


@pytest.fixture
def tally(fake_model):
    return measuring.Tally(TASK, ["language"], fake_model, ("0", "1"))


def test_figures_are_those_of_the_task_s_metrics_by_slice(tally):
    tally.add(new_rows(("good", "1"), ("bad", "1"), ("good 사과", "1")))
    tally.add(new_rows(("bad", "0"), ("bad 사과", "1")))
    found = tally.measured()
    assert list(found.metrics) == ["all", "language: en", "language: ko"]
    assert found.metrics["all"]["accuracy"] == pytest.approx(3 / 5)
    assert found.metrics["language: en"] == pytest.approx(
        {"example_count": 3, "accuracy": 2 / 3, "macro_f1": 2 / 3, "cross_entropy": 0.654}, abs=1e-3
    )
    assert found.metrics["language: ko"]["accuracy"] == 0.5
    low, high = intervals.interval(
        TASK.metrics[0], TASK.metrics[0].stack(tally._statistics["accuracy"])
    )
    assert found.interval == (low, high) and low < 3 / 5 < high


def test_labels_that_the_model_never_saw_count_as_wrong_and_are_counted(tally):
    tally.add(new_rows(("good", "1"), ("good", "5"), ("bad", "5"), ("bad", "none")))
    found = tally.measured()
    assert found.metrics["all"]["accuracy"] == 0.25
    assert found.metrics["all"]["cross_entropy"] > 10
    assert (found.unknown, found.num_unknown) == ({"5": 2, "none": 1}, 3)
    assert found.known == ("0", "1")
    assert found.strata == {"1": 1, "5": 2, "none": 1}


def test_a_row_that_the_model_refuses_is_given_back_and_the_others_count(tally):
    (refused,) = tally.add(new_rows(("good", "1"), ("unheard", "1"), ("bad", "0")))
    assert (refused.where, refused.reason) == (
        "new.csv:3",
        "the model refuses it: never heard of it",
    )
    assert tally.num_rows == 2


def test_of_many_rows_some_are_kept_evenly(tally, monkeypatch):
    monkeypatch.setattr(measuring, "MOST_KEPT", 8)
    for start in range(0, 30, 7):
        tally.add(new_rows(*((f"{i} good", "1") for i in range(start, min(30, start + 7)))))
    found = tally.measured()
    assert [row["review"][0].decode() for row in found.rows] == [
        f"{i} good" for i in range(0, 30, 4)
    ]
    assert len(found.answers) == 8
    assert found.metrics["all"]["example_count"] == 30


def test_a_number_is_measured_in_its_own_metrics(fake_model):
    task = TextRegression("text_regression", "review", "price")
    asked = asking.Model(
        fake_model.inputs,
        lambda values: {"value": np.full(len(values["text"]), 3.0, np.float32)},
        "m",
    )
    tally = measuring.Tally(task, [], asked, ())
    examples = [tfexample.serialize({"review": b"a", "price": price}) for price in (1.0, 3.0, 8.0)]
    tally.add([NewRow("a", example) for example in examples])
    found = tally.measured()
    assert found.metrics["all"]["mae"] == pytest.approx(7 / 3)
    assert (found.unknown, found.known, found.strata) == ({}, (), {"": 3})
