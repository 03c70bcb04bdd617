"""Tests of pipeline/comparison/answers.py."""

import numpy as np
import pytest
import sklearn.metrics

from models.tasks import classification, metrics, multi_label
from pipeline.comparison import answers

GIVEN = list("aabbbcc")
SETS = [("사과",), (), ("사과", "fig")]


def make(predicted, given=GIVEN):
    return answers.Answers({"label": given}, {"label": np.array(list(predicted), object)})


def sets():
    is_chosen = [[True, False], [False, False], [False, True]]
    rows = [{"labels": ("사과", "fig"), "is_chosen": np.array(row)} for row in is_chosen]
    return answers.of_rows({"fruits": SETS}, rows)


def test_accuracy_and_macro_f1_are_scikit_learns():
    task = classification.TextClassification("text_classification")
    found = make("aabacda").figures(task.metrics)
    assert found["accuracy"] == pytest.approx(3 / 7)
    expected = sklearn.metrics.f1_score(
        GIVEN, list("aabacda"), average="macro", labels=list("abcd"), zero_division=0
    )
    assert found["macro_f1"] == pytest.approx(expected)


def test_a_metric_that_reads_what_a_model_does_not_say_is_left_out():
    task = classification.TextClassification("text_classification")
    assert set(make("aabacda").figures(task.metrics)) == {"accuracy", "macro_f1"}


def test_answers_of_several_labels_are_judged_too():
    found = sets().figures(multi_label.TextMultiLabel("text_multi_label", labels="fruits").metrics)
    assert found["exact_match"] == pytest.approx(2 / 3)
    assert found["micro_f1"] == pytest.approx(2 * 2 / (3 + 2))


@pytest.mark.parametrize(
    ("written", "metric"),
    [
        (make("aabacda"), metrics.accuracy("label")),
        (sets(), metrics.micro_f1("fruits")),
        (answers.of_rows({"n": [1.5, 2.0]}, [{"value": 2.5}] * 2), metrics.pearson("n")),
        (
            answers.of_rows({"fruits": SETS}, [{"labels": (), "is_chosen": []}] * 3),
            metrics.exact_match("fruits"),
        ),
    ],
    ids=["label", "labels", "number", "none"],
)
def test_answers_are_read_as_they_were_written(tmp_path, written, metric):
    written.save(tmp_path / "of" / "one.npz")
    read = answers.load(tmp_path / "of" / "one.npz")
    assert read.targets == written.targets
    assert len(read) == len(written)
    np.testing.assert_array_equal(read.statistics(metric), written.statistics(metric))
    assert set(read.outputs) == set(written.outputs)
