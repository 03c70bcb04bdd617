"""Tests of components/doctor/verdict.py: what a training is held against, by what it learned."""

import json
import math

import pytest
import tensorflow as tf

from components.doctor import verdict
from components.doctor.columns import Column

LEARNER = {
    "training": {"schedule": {"kind": "constant"}},
    "augmentation": [],
    "model": {"kind": "text_cnn", "dropout": 0.5},
}
OVERFITTED = {"loss": [0.9, 0.5, 0.1, 0.02], "val_loss": [0.9, 0.8, 1.0, 1.3]}


def written(folder, cells):
    """Examples whose target has these values, as train and as eval."""
    for split in ("train", "eval"):
        (folder / f"Split-{split}").mkdir()
        name = str(folder / f"Split-{split}" / "data.gz")
        with tf.io.TFRecordWriter(name, tf.io.TFRecordOptions("GZIP")) as writer:
            for values in cells:
                example = tf.train.Example()
                feature = example.features.feature["goal"]
                if values and isinstance(values[0], float):
                    feature.float_list.value.extend(values)
                else:
                    feature.bytes_list.value.extend(value.encode() for value in values)
                writer.write(example.SerializeToString())
    return str(folder)


def judged(folder, cells, holds, monitored, history):
    examples = written(folder, cells)
    (folder / "history.json").write_text(json.dumps(history))
    (folder / "summary.json").write_text(json.dumps({"learner": LEARNER}))
    target = Column("goal", holds, "target")
    return verdict.judge(
        examples, folder / "history.json", folder / "summary.json", target, monitored
    )


@pytest.mark.parametrize(
    ("model", "drops"),
    [
        ({}, False),
        ({"dropout": 0.0}, False),
        ({"dropout": 0.1}, True),
        ({"dropout": None}, True),  # What a paper sets.
        ({"dropout": 0.5, "recipe": None}, True),
        ({"dropout": 0.5, "recipe": {"dropout": 0.0}}, False),
        ({"recipe": {"dropout": None}}, True),
        ({"dropout": 0.5, "recipe": {"activation": "relu"}}, True),
    ],
)
def test_a_model_drops_what_its_recipe_says_and_else_what_it_says_itself(model, drops):
    assert verdict._drops(model) == drops


SETS = [["a"], ["a", "b"], ["a"], ["b"]]
MONITORED = {
    "category": {"val_accuracy": "max", "val_loss": "min"},
    "categories": {"val_loss": "min", "val_binary_accuracy": "max"},
    "number": {"val_loss": "min", "val_mae": "min"},
}


@pytest.mark.parametrize(
    ("holds", "cells", "words"),
    [
        ("number", [[1.0], [3.0], [5.0]], "always answering the mean gives 1."),
        ("category", [["a"], ["b"]], "guessing by class frequencies gives 0.693."),
        ("categories", SETS, "guessing by each label's frequency gives 0.628."),
    ],
)
def test_a_loss_that_stays_where_one_answer_would_be_is_flat(holds, cells, words, tmp_path):
    history = {"loss": [1.02] * 3, "val_loss": [1.0] * 3}
    scale = {"number": 1.0, "category": math.log(2), "categories": 0.628}[holds]
    history = {name: [value * scale for value in values] for name, values in history.items()}
    found = judged(tmp_path, cells, holds, MONITORED[holds], history)
    assert found[0].figures["pattern"] == "flat"
    assert words in found[0].evidence


@pytest.mark.parametrize(
    ("holds", "cells", "more", "words"),
    [
        (
            "number",
            [[1.0], [3.0]],
            {"mae": [3.0, 2.0, 1.0, 0.4], "val_mae": [3.0, 2.5, 2.7, 3.25]},
            "Its mae went from 2.5 to 3.25 since",
        ),
        (
            "categories",
            SETS,
            {"binary_accuracy": [0.9] * 4, "val_binary_accuracy": [0.8, 0.9, 0.85, 0.75]},
            "Its binary accuracy went from 0.9 to 0.75 since",
        ),
    ],
)
def test_overfitting_is_told_with_what_the_task_watches(holds, cells, more, words, tmp_path):
    found = judged(tmp_path, cells * 200, holds, MONITORED[holds], {**OVERFITTED, **more})
    assert found[0].figures["pattern"] == "overfitting"
    assert words in found[0].evidence
    assert set(found[0].figures["curves"]) == {*OVERFITTED, *more}
