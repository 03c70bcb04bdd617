"""Tests of models/training/estimate.py: one pass, which goes on where a killed one was."""

import functools
import itertools
import json
import logging

import numpy as np
import pytest
import tensorflow as tf

from models import zoo
from models.text import naive_bayes
from models.training import estimate, inputs
from models.training.callbacks import PROGRESS
from tests.models import classifier

CONFIG = naive_bayes.NaiveBayesConfig(vocabulary_size=9, sequence_length=5)
FACTS = classifier.facts(3)
SOFTEN = functools.partial(classifier.TASK.soften, facts=FACTS)
ESTIMATOR = naive_bayes.estimator(CONFIG, "category")


class Killed(Exception):
    """Stands for a signal."""


def split(rows, size, last=None):
    """Batches of a split; after batch `last` the process is killed."""
    drawn = np.random.default_rng(rows)
    token_ids = drawn.integers(0, 9, (rows, 5)).astype("int32")
    labels = np.arange(rows) % 3
    found = tf.data.Dataset.from_tensor_slices(({"token_ids": token_ids}, labels)).batch(size)

    def order(_):
        if last is None:
            return found

        def die():
            raise Killed

        def check(number, batch):
            with tf.control_dependencies(
                [tf.cond(number >= last, lambda: tf.py_function(die, [], []), tf.no_op)]
            ):
                return tf.nest.map_structure(tf.identity, batch)

        return found.enumerate().map(check)

    return inputs.Batches(order, rows, size, True)


def fit(folder, last=None, seconds=100.0):
    """The fitted model and its history; the clock moves on by `seconds` a batch."""
    model = zoo.build(CONFIG, classifier.TASK, FACTS)
    clock = functools.partial(next, itertools.count(0.0, seconds))
    return estimate.fit(
        model,
        ESTIMATOR,
        classifier.objective(),
        split(17, 4, last),
        SOFTEN,
        split(7, 3),
        folder / "checkpoints",
        folder / "logs",
        clock,
    )


def test_both_splits_are_measured_and_kept(tmp_path):
    model, history = fit(tmp_path)
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert {len(values) for values in history.values()} == {1}
    assert json.loads((tmp_path / "logs" / "history.json").read_text()) == history
    for split_name in ("train", "validation"):
        assert list((tmp_path / "logs" / split_name).glob("events.*"))
    (token_ids, labels) = next(iter(split(7, 7).epoch(0)))
    is_right = np.argmax(model(token_ids), 1) == labels
    assert history["val_accuracy"] == [pytest.approx(np.mean(is_right))]


@pytest.mark.parametrize("seconds", [100.0, 0.001])
def test_a_killed_pass_ends_like_an_uninterrupted_one(tmp_path, seconds):
    model, history = fit(tmp_path / "whole")
    with pytest.raises(tf.errors.OpError, match="Killed"):
        fit(tmp_path / "killed", last=3, seconds=seconds)
    is_saved = (tmp_path / "killed" / "checkpoints" / estimate.STATISTICS).is_file()
    assert is_saved == (seconds == 100.0)
    continued, again = fit(tmp_path / "killed")
    for wanted, got in zip(model.get_weights(), continued.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert again == history


def test_a_continued_pass_does_not_count_twice(tmp_path):
    first, _ = fit(tmp_path)
    second, _ = fit(tmp_path)
    for wanted, got in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_progress_counts_batches(tmp_path, caplog):
    with caplog.at_level(logging.INFO, PROGRESS.name):
        fit(tmp_path)
    records = [record.progress for record in caplog.records if hasattr(record, "progress")]
    assert [(r["stage"], r["step"], r["steps"]) for r in records] == [
        *(("train", step, 5) for step in range(1, 6)),
        ("epoch", 5, 5),
    ]
    assert records[-1].keys() >= {"loss", "val_loss"}
