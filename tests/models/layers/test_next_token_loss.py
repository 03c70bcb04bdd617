"""Tests of models/layers/next_token_loss.py."""

import numpy as np

from models.layers.next_token_loss import NextTokenLoss


def test_the_weighted_mean_of_each_texts_mean_cross_entropy_is_added_in_training_alone():
    random = np.random.default_rng(3)
    vectors, logits = random.normal(size=(3, 4, 2)), random.normal(size=(3, 4, 5))
    ids = np.array([[1, 4, 2, 3], [2, 3, 0, 0], [1, 0, 0, 0]])
    mask = (ids > 0).astype(int)
    layer = NextTokenLoss(0.5)
    np.testing.assert_allclose(layer([vectors, logits, ids, mask]), vectors, rtol=1e-6)
    assert layer.losses == []
    layer([vectors, logits, ids, mask], training=True)
    shares = np.log(np.exp(logits) / np.exp(logits).sum(-1, keepdims=True))
    first = -(shares[0, 0, 4] + shares[0, 1, 2] + shares[0, 2, 3]) / 3
    # The third text has one token, which nothing tells.
    wanted = 0.5 * (first - shares[1, 0, 3] + 0) / 3
    np.testing.assert_allclose(layer.losses[0], wanted, rtol=1e-5)


def test_a_layer_made_of_its_own_config_is_the_same():
    assert NextTokenLoss.from_config(NextTokenLoss(0.25).get_config()).weight == 0.25
