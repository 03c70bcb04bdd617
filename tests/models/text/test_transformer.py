"""Tests of models/text/transformer.py and models/layers/transformer.py."""

import dataclasses

import numpy as np
import pytest

from models.finetuning import trainable
from models.text import transformer
from tests import strict
from tests.models import classifier, conformance, tiny_tokens

SMALL = transformer.TransformerConfig(
    vocabulary_size=11, sequence_length=6, hidden_dim=4, num_layers=2, num_heads=2, mlp_dim=7
)
BLOCK = 4 * (4 * 4 + 4) + (4 * 7 + 7) + (7 * 4 + 4) + 2 * 2 * 4


@pytest.fixture(scope="module")
def case():
    trainable = 11 * 4 + 2 * BLOCK + 4 * 3 + 3
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 4, trainable, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_learned_positions_and_a_last_norm_are_weights(case):
    config = dataclasses.replace(SMALL, positions="learned", normalization="pre")
    counts = trainable.trainable_counts(classifier.build(config, 3))
    assert counts.trainable == case.trainable + 6 * 4 + 2 * 4


@pytest.mark.parametrize("normalization", ["pre", "post"])
@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_padding_does_not_change_the_logits(normalization, pooling):
    config = dataclasses.replace(SMALL, normalization=normalization, pooling=pooling)
    model = classifier.build(config, 3)
    longer = classifier.build(dataclasses.replace(config, sequence_length=9), 3)
    longer.set_weights(model.get_weights())
    padded = np.pad(tiny_tokens.TOKEN_IDS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        longer({"token_ids": padded}), model(tiny_tokens.FEATURES), rtol=1e-5, atol=1e-6
    )


def test_positions_make_the_order_matter(case):
    model = case.build()
    turned = model({"token_ids": tiny_tokens.TOKEN_IDS[1:2, ::-1]})
    assert np.abs(turned - model({"token_ids": tiny_tokens.TOKEN_IDS[1:2]})).max() > 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_heads": 3}, r"`num_heads` must divide `hidden_dim` \(4\). Received: num_heads=3"),
        ({"hidden_dim": 5, "num_heads": 5}, "must be at least 1 and a multiple of 2. Received: 5"),
        ({"mlp_dim": 0}, "mlp_dim: must be at least 1"),
    ],
)
def test_rejects_impossible_config(change, message):
    with pytest.raises(ValueError, match=message):
        strict.check(dataclasses.replace(SMALL, **change))
