"""The loss of gaps and of what follows."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.masking import losses


def test_every_gap_counts_alike_whatever_text_it_is_of():
    logits = np.zeros((2, 3, 4), "float32")
    logits[0, 0, 1] = math.log(5)  # 5 / 8 for piece 1, 1 / 8 for each other.
    loss = losses.MaskedCrossEntropy(next_sentence=False)
    target = np.array([[1, -1, -1], [0, 2, 3]])
    wanted = (math.log(8 / 5) + 3 * math.log(4)) / 4
    assert float(loss(target, logits)) == pytest.approx(wanted, 1e-6)


def test_what_follows_is_added():
    logits = np.zeros((2, 2, 4), "float32")
    logits[0, -1, :2] = 0, math.log(3)
    loss = losses.MaskedCrossEntropy(next_sentence=True)
    target = np.array([[2, 1], [-1, 0]])
    wanted = math.log(4) + (math.log(4 / 3) + math.log(2)) / 2
    assert float(loss(target, logits)) == pytest.approx(wanted, 1e-6)


def test_an_untrained_bert_loses_the_logarithm_of_its_vocabulary():
    loss = losses.MaskedCrossEntropy(next_sentence=False)
    assert float(loss(np.array([[3]]), np.zeros((1, 1, 30_522), "float32"))) == pytest.approx(
        10.326, abs=5e-4
    )


def test_a_batch_without_gaps_loses_nothing():
    loss = losses.MaskedCrossEntropy(next_sentence=True)
    assert float(loss(np.full((2, 3), -1), np.ones((2, 3, 4), "float32"))) == 0


def test_accuracies_count_what_is_asked_only():
    logits = np.zeros((2, 3, 4), "float32")
    logits[:, :, 1] = 1
    target = np.array([[1, 0, 1], [-1, 1, -1]])
    masked = losses.MaskedAccuracy(next_sentence=True)
    follows = losses.NextSentenceAccuracy()
    for metric in (masked, follows):
        metric.update_state(tf.constant(target), logits)
    assert float(masked.result()) == pytest.approx(2 / 3)
    assert float(follows.result()) == 1
