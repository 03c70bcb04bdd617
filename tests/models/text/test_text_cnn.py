"""Tests of models/text/text_cnn.py."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models.text import text_cnn
from tests import strict
from tests.models import classifier, conformance, tiny_tokens

SMALL = text_cnn.TextCNNConfig(
    vocabulary_size=11, sequence_length=6, embedding_dim=4, filters=2, kernel_sizes=(2, 3)
)


@pytest.fixture(scope="module")
def case():
    embedding = 11 * 4
    filters = (2 * 4 * 2 + 2) + (3 * 4 * 2 + 2)
    head = 2 * 2 * 3 + 3
    return conformance.Case(
        SMALL, tiny_tokens.FEATURES, 4, trainable=embedding + filters + head, frozen=0
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_padding_does_not_change_the_logits(case):
    model = case.build()
    longer = classifier.build(dataclasses.replace(SMALL, sequence_length=9), 3)
    longer.set_weights(model.get_weights())
    padded = np.pad(tiny_tokens.TOKEN_IDS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        longer({"token_ids": padded}), model(tiny_tokens.FEATURES), rtol=1e-6
    )


def test_text_without_tokens_has_zero_features(case):
    model = case.build()
    features = text_cnn.keras.Model(model.input, model.get_layer("features").output)
    np.testing.assert_array_equal(features({"token_ids": np.zeros((1, 6))}), np.zeros((1, 4)))


def test_a_feature_of_another_length_is_refused(case):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        text_cnn.encoder(SMALL)({"token_ids": np.zeros((1, 7), "int64")})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary_size": 2}, "vocabulary_size: must be at least 3. Received"),
        ({"sequence_length": 0}, "must not exceed `sequence_length` .0 tokens"),
        ({"embedding_dim": 0}, "embedding_dim: must be at least 1"),
        ({"filters": 0}, "filters: must be at least 1"),
        ({"kernel_sizes": ()}, "kernel_sizes: must be given, and not empty"),
        ({"kernel_sizes": (0,)}, r"kernel_sizes\[0\]: must be at least 1"),
        ({"kernel_sizes": (3, 3)}, r"kernel_sizes: must not repeat a width. Received: \[3, 3\]"),
        ({"kernel_sizes": (3, 7)}, r"must not exceed `sequence_length` \(6 tokens\).*\[7\]"),
    ],
)
def test_rejects_impossible_config(change, message):
    with pytest.raises(ValueError, match=message):
        strict.check(dataclasses.replace(SMALL, **change))
