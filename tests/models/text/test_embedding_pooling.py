"""Tests of models/text/embedding_pooling.py and models/layers/pooling.py."""

import dataclasses

import numpy as np
import pytest

from models.layers import pooling
from models.text import embedding_pooling
from tests import strict
from tests.models import conformance, tiny_tokens

SMALL = embedding_pooling.EmbeddingPoolingConfig(
    vocabulary_size=11, sequence_length=6, embedding_dim=4, hidden_dims=(5,)
)
VECTORS = np.float32([[[1, -5], [3, -7], [9, 9]], [[2, 2], [2, 2], [2, 2]]])
IS_TOKEN = np.float32([[[1], [1], [0]], [[0], [0], [0]]])


@pytest.fixture(scope="module")
def case():
    trainable = 11 * 4 + (4 * 5 + 5) + (5 * 3 + 3)
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 5, trainable, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_padding_is_left_out_and_an_empty_text_is_zero():
    np.testing.assert_allclose(pooling.MaskedMean()([VECTORS, IS_TOKEN]), [[2, -6], [0, 0]])
    np.testing.assert_allclose(pooling.MaskedMax()([VECTORS, IS_TOKEN]), [[3, -5], [0, 0]])


def test_the_mean_knows_no_order(case):
    model = case.build()
    turned = tiny_tokens.TOKEN_IDS[1:2, ::-1]
    np.testing.assert_allclose(
        model({"token_ids": turned}), model({"token_ids": tiny_tokens.TOKEN_IDS[1:2]}), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embedding_dim": 0}, "embedding_dim: must be at least 1"),
        ({"hidden_dims": (0,)}, r"hidden_dims\[0\]: must be at least 1"),
        ({"sequence_length": 0}, "sequence_length: must be at least 1"),
    ],
)
def test_rejects_impossible_config(change, message):
    with pytest.raises(ValueError, match=message):
        strict.check(dataclasses.replace(SMALL, **change))
