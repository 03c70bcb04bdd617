"""Tests of models/text/naive_bayes.py: right answers by hand, by scikit-learn and by the paper."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB

from models import zoo
from models.tasks import multi_label
from models.tasks.task import Facts
from models.text import naive_bayes
from models.training import estimate, inputs
from tests import strict
from tests.models import classifier, conformance, tiny_tokens

SMALL = naive_bayes.NaiveBayesConfig(vocabulary_size=11, sequence_length=6)
LABELS = multi_label.TextMultiLabel("text_multi_label")


@pytest.fixture(scope="module")
def case():
    return conformance.Case(SMALL, tiny_tokens.FEATURES, 11, trainable=11 * 3 + 3, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def batches(token_ids, targets, size):
    """A split in memory, in its own order."""
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices(({"token_ids": token_ids}, targets))
    return inputs.Batches(lambda _: rows.batch(size), len(targets), size, True)


def counted(config, token_ids, labels, size=3):
    """The model of one label a text."""
    facts = classifier.facts(1 + int(max(labels)))
    model = zoo.build(config, classifier.TASK, facts)
    soften = functools.partial(classifier.TASK.soften, facts=facts)
    train = batches(np.int32(token_ids), np.int64(labels), size)
    estimate.settle(model, naive_bayes.estimator(config, "category"), train, soften)
    return model


def bags(token_ids, size):
    """Counts of the tokens that are known, as scikit-learn takes them."""
    return np.stack([np.bincount(row, minlength=size)[2:] for row in token_ids])


def drawn(seed, rows=23, length=9, size=13):
    return np.random.default_rng(seed).integers(0, size, (rows, length))


def test_weights_are_those_counted_by_hand():
    config = dataclasses.replace(SMALL, vocabulary_size=5, sequence_length=4)
    # Known tokens are 2, 3 and 4; padding (0) and unknown ones (1) count for nothing.
    texts = [[2, 2, 3, 0], [4, 1, 0, 0], [3, 3, 4, 1]]
    kernel, bias = counted(config, texts, [0, 0, 1], size=2).layers[-1].get_weights()
    # Label 0 has the tokens 2 2 3 4, label 1 has 3 3 4; one is added to each count of three.
    wanted = [[3 / 7, 1 / 6], [2 / 7, 3 / 6], [2 / 7, 2 / 6]]
    np.testing.assert_allclose(np.exp(kernel[2:]), wanted, rtol=1e-6)
    np.testing.assert_array_equal(kernel[:2], 0)
    np.testing.assert_allclose(bias, [math.log(2 / 3), math.log(1 / 3)], rtol=1e-6)


@pytest.mark.parametrize("smoothing", [1.0, 0.1, 3.5])
@pytest.mark.parametrize("weighting", ["counts", "binary"])
def test_probabilities_are_scikit_learns(weighting, smoothing):
    token_ids, labels = drawn(1), np.arange(23) % 4
    config = naive_bayes.NaiveBayesConfig(
        vocabulary_size=13, sequence_length=9, weighting=weighting, smoothing=smoothing
    )
    model, others = counted(config, token_ids, labels, size=5), drawn(2)
    rows, asked = bags(token_ids, 13), bags(others, 13)
    if weighting == "binary":
        rows, asked = np.minimum(rows, 1), np.minimum(asked, 1)
    reference = MultinomialNB(alpha=smoothing).fit(rows, labels)
    logits = np.array(model({"token_ids": np.int32(others)}), float)
    got = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    np.testing.assert_allclose(got, reference.predict_proba(asked), atol=1e-5)


def test_counts_weighed_by_rarity_are_scikit_learns():
    from sklearn.feature_extraction.text import TfidfTransformer

    token_ids, labels = drawn(3), np.arange(23) % 3
    rows = bags(token_ids, 13)
    rarity = TfidfTransformer().fit(rows)
    config = naive_bayes.NaiveBayesConfig(
        vocabulary_size=13, sequence_length=9, weighting="tf_idf", smoothing=0.5
    )
    facts = classifier.facts(3)
    model = zoo.build(config, classifier.TASK, facts)
    model.get_layer("idf").set_measured(np.concatenate([[1.0, 1.0], rarity.idf_]))
    soften = functools.partial(classifier.TASK.soften, facts=facts)
    train = batches(np.int32(token_ids), labels, 4)
    estimate.settle(model, naive_bayes.estimator(config, "category"), train, soften)
    reference = MultinomialNB(alpha=0.5).fit(rarity.transform(rows), labels)
    kernel, bias = model.layers[-1].get_weights()
    np.testing.assert_allclose(kernel[2:].T, reference.feature_log_prob_, atol=1e-5)
    np.testing.assert_allclose(bias, reference.class_log_prior_, atol=1e-6)


def test_two_labels_differ_by_the_log_count_ratio_of_wang_and_manning():
    token_ids, labels = drawn(4), np.arange(23) % 2
    config = naive_bayes.NaiveBayesConfig(
        vocabulary_size=13, sequence_length=9, weighting="binary", smoothing=1.0
    )
    kernel, bias = counted(config, token_ids, labels).layers[-1].get_weights()
    f = np.minimum(bags(token_ids, 13), 1)
    p, q = 1 + f[labels == 1].sum(0), 1 + f[labels == 0].sum(0)
    r = np.log((p / np.abs(p).sum()) / (q / np.abs(q).sum()))
    np.testing.assert_allclose(kernel[2:, 1] - kernel[2:, 0], r, atol=1e-6)
    np.testing.assert_allclose(bias[1] - bias[0], math.log(11 / 12), atol=1e-6)


def several(targets, seed=5):
    """A model of any number of labels a text, and what it counted."""
    token_ids = drawn(seed, rows=len(targets))
    config = naive_bayes.NaiveBayesConfig(vocabulary_size=13, sequence_length=9, smoothing=0.7)
    facts = Facts({"labels": tuple(f"label {n}" for n in range(targets.shape[1]))})
    model = zoo.build(config, LABELS, facts)
    train = batches(np.int32(token_ids), np.float32(targets), 4)
    estimate.settle(model, naive_bayes.estimator(config, "categories"), train, lambda t: t)
    return model, token_ids


def test_each_of_several_labels_is_scikit_learns_against_the_rest():
    targets = np.random.default_rng(6).integers(0, 2, (23, 3))
    model, token_ids = several(targets)
    reference = OneVsRestClassifier(MultinomialNB(alpha=0.7)).fit(bags(token_ids, 13), targets)
    others = drawn(7)
    logits = np.array(model({"token_ids": np.int32(others)}), float)
    wanted = reference.predict_proba(bags(others, 13))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), wanted, atol=1e-5)


def test_a_label_of_every_text_has_finite_odds():
    targets = np.ones((7, 2))
    targets[:4, 1] = 0
    model, _ = several(targets)
    kernel, bias = model.layers[-1].get_weights()
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()
    np.testing.assert_allclose(bias, [math.log(7 / 0.5), math.log(3 / 4)], rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ngrams": 0}, "ngrams: must be at least 1"),
        ({"ngrams": 2, "tokenizer": "bpe"}, "`ngrams` needs `tokenizer: words` or `characters`"),
        ({"vocabulary_size": 2}, "vocabulary_size: must be at least 3"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(naive_bayes.NaiveBayesConfig, fields)
