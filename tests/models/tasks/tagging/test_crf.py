"""The conditional random field against all paths, and against CRFsuite."""

import itertools

import numpy as np
import pycrfsuite
import pytest
import tensorflow as tf
from scipy.special import logsumexp

from models.tasks.tagging import crf

SIZES = [(1, 2), (3, 3), (5, 4)]


def drawn(units, tags):
    random = np.random.default_rng(units)
    emissions = random.normal(size=(3, units, tags)).astype("float32")
    scores = random.normal(size=(tags + 1, tags)).astype("float32")
    return emissions, scores, [units, max(1, units - 2), 0]


def paths(emissions, scores, length):
    """All paths of a text and their scores."""
    found = list(itertools.product(range(emissions.shape[1]), repeat=length))
    return found, np.array(
        [
            sum(emissions[place, tag] for place, tag in enumerate(path))
            + (scores[-1, path[0]] if path else 0)
            + sum(scores[one, other] for one, other in itertools.pairwise(path))
            for path in found
        ]
    )


@pytest.mark.parametrize(("units", "tags"), SIZES)
def test_likelihood_is_a_paths_share_of_all(units, tags):
    emissions, scores, lengths = drawn(units, tags)
    for row, length in enumerate(lengths):
        found, values = paths(emissions[row], scores, length)
        for path, value in list(zip(found, values, strict=True))[:9]:
            given = np.full((3, units), -1)
            given[row, :length] = path
            told = crf.log_likelihood(tf.constant(emissions), tf.constant(given), scores)
            assert float(told[row]) == pytest.approx(value - logsumexp(values), abs=1e-4)


def test_a_masked_unit_is_left_out():
    emissions, scores, _ = drawn(5, 4)
    given = tf.constant([[1, -1, 3, 0, -1]])
    without = tf.constant([[1, 3, 0]])
    told = crf.log_likelihood(tf.constant(emissions[:1]), given, scores)
    alone = crf.log_likelihood(tf.constant(emissions[:1, [0, 2, 3]]), without, scores)
    assert float(told[0]) == pytest.approx(float(alone[0]), abs=1e-5)


@pytest.mark.parametrize(("units", "tags"), SIZES)
def test_the_best_path_is_the_one_with_the_greatest_score(units, tags):
    emissions, scores, lengths = drawn(units, tags)
    best = crf.best_path(tf.constant(emissions), tf.constant(lengths), scores).numpy()
    for row, length in enumerate(lengths):
        found, values = paths(emissions[row], scores, length)
        assert tuple(best[row, :length]) == found[values.argmax()]
        assert not best[row, length:].any()


@pytest.mark.parametrize(("units", "tags"), SIZES)
def test_marginals_are_sums_over_all_paths(units, tags):
    emissions, scores, lengths = drawn(units, tags)
    told = crf.marginals(tf.constant(emissions), tf.constant(lengths), scores).numpy()
    for row, length in enumerate(lengths):
        found, values = paths(emissions[row], scores, length)
        shares = np.exp(values - logsumexp(values))
        for place in range(length):
            wanted = [
                sum(s for p, s in zip(found, shares, strict=True) if p[place] == tag)
                for tag in range(tags)
            ]
            np.testing.assert_allclose(told[row, place], wanted, atol=1e-5)


def test_no_entity_goes_on_that_has_not_begun():
    scores = crf.within_entities(2)
    emissions = np.zeros((1, 4, 5), "float32")
    emissions[..., [2, 4]] = 9.0  # Everything says "inside", of one type or of the other.
    path = crf.best_path(tf.constant(emissions), tf.constant([4]), scores).numpy()[0].tolist()
    for before, tag in itertools.pairwise([0, *path]):
        assert tag % 2 == 1 or tag == 0 or before in (tag, tag - 1)


def test_answers_are_those_of_crfsuite(tmp_path):
    """Its weights as ours: the same best paths, the same marginals, the same likelihoods."""
    random = np.random.default_rng(3)
    texts = [[f"w{n}" for n in random.integers(0, 9, size)] for size in (4, 1, 7, 5, 6, 3)]
    labels = [[f"t{int(word[1:]) % 3}" for word in text] for text in texts]
    labels[0][1], labels[2][3] = "t0", "t2"
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for text, tags in zip(texts, labels, strict=True):
        trainer.append([[word] for word in text], tags)
    trainer.set_params({"c2": 0.1, "max_iterations": 50})
    trainer.train(str(tmp_path / "model"))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(tmp_path / "model"))
    info, names = tagger.info(), tagger.labels()
    scores = np.zeros((len(names) + 1, len(names)), "float32")
    for (one, other), weight in info.transitions.items():
        scores[names.index(one), names.index(other)] = weight
    for text in texts:
        emissions = np.array(
            [[info.state_features.get((word, name), 0.0) for name in names] for word in text],
            "float32",
        )[None]
        length = tf.constant([len(text)])
        best = tagger.tag([[word] for word in text])
        found = crf.best_path(tf.constant(emissions), length, scores).numpy()[0]
        assert [names[tag] for tag in found] == best
        told = crf.marginals(tf.constant(emissions), length, scores).numpy()[0]
        wanted = [[tagger.marginal(name, place) for name in names] for place in range(len(text))]
        np.testing.assert_allclose(told, wanted, atol=1e-4)
        given = tf.constant([[names.index(tag) for tag in best]])
        likelihood = crf.log_likelihood(tf.constant(emissions), given, scores)
        assert float(np.exp(likelihood[0])) == pytest.approx(tagger.probability(best), abs=1e-4)
