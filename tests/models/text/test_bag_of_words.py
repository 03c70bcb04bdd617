"""Tests of models/text/bag_of_words.py and models/layers/bag.py."""

import dataclasses

import numpy as np
import pytest

from models.layers.bag import BagOfTokens
from models.text import bag_of_words
from models.training import placement
from tests import strict
from tests.models import classifier, conformance, tiny_tokens

SMALL = bag_of_words.BagOfWordsConfig(vocabulary_size=11, sequence_length=6)


@pytest.fixture(scope="module")
def case():
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 11, trainable=11 * 3 + 3, frozen=11)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_tokens_are_counted_but_padding_and_unknown_ones_are_not():
    counts = BagOfTokens(5, False)(np.int32([[2, 4, 4, 1, 0], [0, 0, 0, 0, 0]]))
    np.testing.assert_array_equal(counts, [[0, 0, 1, 0, 2], [0, 0, 0, 0, 0]])
    present = BagOfTokens(5, True)(np.int32([[2, 4, 4, 1, 0]]))
    np.testing.assert_array_equal(present, [[0, 0, 1, 0, 1]])


def test_tf_idf_equals_scikit_learns():
    from sklearn.feature_extraction.text import TfidfTransformer

    model = classifier.build(SMALL, 3)
    counts = np.stack([np.bincount(row, minlength=11) for row in tiny_tokens.TOKEN_IDS])
    counts[:, :2] = 0
    wanted = TfidfTransformer().fit(counts)
    model.get_layer("idf").set_measured(wanted.idf_)
    features = bag_of_words.keras.Model(model.input, model.get_layer("features").output)
    got = features({"token_ids": tiny_tokens.TOKEN_IDS})
    np.testing.assert_allclose(got, wanted.transform(counts).toarray(), atol=1e-6)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_a_text_without_known_tokens_has_logits_in_half_precision_too(precision):
    with placement.precision(precision):
        model = classifier.build(SMALL, 3)
    assert np.isfinite(model({"token_ids": np.int32([[1, 1, 0, 0, 0, 0], [0] * 6])})).all()


def test_hidden_layers_make_it_a_perceptron():
    model = classifier.build(dataclasses.replace(SMALL, hidden_dims=(5, 4)), 3)
    assert model.get_layer("features").output.shape == (None, 4)
    assert model.get_layer("hidden_1_relu").output.shape == (None, 5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ngrams": 0}, "ngrams: must be at least 1"),
        ({"ngrams": 2, "tokenizer": "bpe"}, "`ngrams` needs `tokenizer: words` or `characters`"),
        (
            {"hidden_dims": (3, 0)},
            r"hidden_dims\[1\]: must be at least 1.* Units",
        ),
        ({"vocabulary_size": 2}, "vocabulary_size: must be at least 3"),
        ({"tokenizer_file": "x"}, "`tokenizer: words` learns nothing, so it reads no file"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(bag_of_words.BagOfWordsConfig, fields)
