"""Tests of pipeline/evaluation/against_training.py: what is held against the training rows."""

import numpy as np

from models.tasks.classification import TextClassification
from models.tasks.multi_label import TextMultiLabel
from pipeline.evaluation import against_training

TASK = TextClassification("text_classification", "review", "stars")


def rows(texts, labels=None):
    return [
        {"review": [text.encode()], "stars": [label.encode()]}
        for text, label in zip(texts, labels or ["0", "1"] * len(texts), strict=False)
    ]


def texts(number, words):
    random = np.random.default_rng(0)
    return [" ".join(random.choice(words, 6)) for _ in range(number)]


WORDS = ["tide", "sand", "gull", "boat", "salt", "reef", "sail", "shell", "fish"]


def verdicts(findings):
    return {one.check: one.verdict for one in findings}


def test_rows_like_the_training_rows_are_let_pass():
    every = texts(200, WORDS)
    found = against_training.differences(TASK, rows(every[:150]), rows(every[150:]))
    assert set(verdicts(found).values()) == {"pass"}
    assert {"leakage", "drift", "covariate_shift"} == set(verdicts(found))


def test_rows_of_another_kind_are_told_with_what_to_do():
    other = [f"{text.upper()} {'!' * 40}" for text in texts(60, WORDS)]
    found = against_training.differences(TASK, rows(texts(150, WORDS)), rows(other))
    (drift,) = [one for one in found if one.check == "drift"]
    assert drift.verdict == "warn" and "of the new rows" in drift.evidence
    assert "add them to `data.source`" in drift.fix


def test_other_shares_of_labels_are_told():
    every = texts(200, WORDS)
    new = rows(every[150:], ["1"] * 50)
    found = against_training.differences(TASK, rows(every[:150]), new)
    (drift,) = [one for one in found if one.check == "drift"]
    assert "labels of the new rows" in drift.evidence


def test_training_rows_among_the_new_ones_are_told():
    train = texts(100, WORDS)
    found = against_training.differences(TASK, rows(train), rows(train[:40]))
    (leak,) = [one for one in found if one.check == "leakage"]
    assert leak.verdict == "fail" and "40 rows" in leak.evidence
    assert "better than on new rows" in leak.meaning


def test_a_simple_model_and_one_answer_are_measured_on_the_new_rows():
    train = [f"{'good' if i % 2 else 'bad'} {i}" for i in range(40)]
    new = [f"good {i}" for i in range(100, 109)] + ["bad 7"]
    found = against_training.simple(TASK, rows(train), rows(new, ["1"] * 9 + ["0"]))
    assert found.metric == "accuracy" and found.simple == 1.0
    assert found.constant in (0.1, 0.9) and found.name == "TF-IDF + logistic regression"


def test_training_rows_take_the_names_of_the_new_columns():
    new = TextMultiLabel("text_multi_label", "text", "tags")
    own = TextMultiLabel("text_multi_label", "old", "labels")
    (row,) = against_training.renamed([{"old": [b"a"], "labels": [b"x", b"y"]}], own, new)
    assert row == {"text": [b"a"], "tags": [b"x", b"y"]}
