"""Tests of models/text/recurrent.py."""

import dataclasses

import conformance
import numpy as np
import pytest
import tiny_tokens

from models import finetune
from models.text import recurrent

SMALL = recurrent.RecurrentConfig(
    vocabulary_size=11, sequence_length=6, embedding_dim=4, units=5, num_layers=2,
    bidirectional=True, cell="gru",
)  # fmt: skip


@pytest.fixture(scope="module")
def case():
    def gru(inputs):
        return 3 * (inputs * 5 + 5 * 5 + 2 * 5)  # Two biases: Keras resets after the product.

    trainable = 11 * 4 + 2 * gru(4) + 2 * gru(10) + 10 * 3 + 3
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 10, trainable, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("cell", "of_one_layer"),
    [("simple", 4 * 5 + 5 * 5 + 5), ("lstm", 4 * (4 * 5 + 5 * 5 + 5))],
)
def test_cells_have_the_weights_of_their_equations(cell, of_one_layer):
    config = dataclasses.replace(SMALL, cell=cell, num_layers=1, bidirectional=False)
    model = recurrent.build(config, 3)
    wanted = 11 * 4 + of_one_layer + 5 * 3 + 3
    assert finetune.trainable_counts(model) == finetune.TrainableCounts(wanted, 0)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_does_not_change_the_logits(pooling, bidirectional):
    config = dataclasses.replace(SMALL, pooling=pooling, bidirectional=bidirectional)
    model = recurrent.build(config, 3)
    longer = recurrent.build(dataclasses.replace(config, sequence_length=9), 3)
    longer.set_weights(model.get_weights())
    padded = np.pad(tiny_tokens.TOKEN_IDS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        longer({"token_ids": padded}), model(tiny_tokens.FEATURES), rtol=1e-5, atol=1e-6
    )


def test_a_text_without_tokens_has_zero_features(case):
    model = case.build()
    features = recurrent.keras.Model(model.input, model.get_layer("features").output)
    np.testing.assert_array_equal(features({"token_ids": np.zeros((1, 6))}), np.zeros((1, 10)))


@pytest.mark.parametrize("field", ["units", "num_layers", "embedding_dim"])
def test_rejects_sizes_below_one(field):
    with pytest.raises(ValueError, match=f"`{field}` must be at least 1. Received: {field}=0"):
        dataclasses.replace(SMALL, **{field: 0})
