"""Tests of models/tasks/writing/losses.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.tasks.writing import losses

TARGETS = np.array([[3, 1, 0, 0], [2, 0, 0, 0], [1, 2, 4, 0]])
"""The last place is padding in all, so that logits may lack it."""
LOGITS = np.random.default_rng(0).normal(size=(3, 3, 5)).astype("float32")


def known():
    return [
        (TARGETS[row, place], LOGITS[row, place])
        for row, place in zip(*np.nonzero(TARGETS), strict=True)
    ]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_kerass_mean_over_the_tokens_that_are_there(smoothing):
    wanted = [
        keras.losses.categorical_crossentropy(
            np.eye(5)[target], logits, from_logits=True, label_smoothing=smoothing
        )
        for target, logits in known()
    ]
    found = losses.TokenCrossEntropy(smoothing)(TARGETS, LOGITS)
    assert float(found) == pytest.approx(np.mean(wanted), rel=1e-5)


def test_padding_gets_no_gradient():
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.TokenCrossEntropy(0.1)(TARGETS, logits)
    gradient = tape.gradient(loss, logits).numpy()
    assert np.all((gradient != 0).any(-1) == (TARGETS[:, :3] != 0))


def test_accuracy_is_the_share_of_tokens_over_batches_of_rows():
    metric = losses.TokenAccuracy()
    metric.update_state(TARGETS, LOGITS)
    wanted = np.mean([logits.argmax() == target for target, logits in known()])
    assert float(metric.result()) == pytest.approx(wanted)
