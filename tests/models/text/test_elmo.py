"""ELMo with fresh weights: its size, its preset, what it learns from texts alone."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import pieces, zoo
from models.tasks.bidirectional_language_modeling import BidirectionalLanguageModeling
from models.tasks.task import Facts
from models.text import elmo, pretrained, subwords
from models.training.config import TrainingConfig
from tests.models import classifier, conformance

TEXTS = ["The cat sat on the mat.", "Cats play, dogs bark.", "The mat is red.", "고양이가 잔다"]
TASK = BidirectionalLanguageModeling("bidirectional_language_modeling")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "wordpiece"
    subwords.learn("wordpiece", TEXTS * 3, 100, path, special=pieces.SPECIAL)
    size = len(subwords.pieces(str(path)))
    return elmo.ElmoConfig(
        vocabulary_size=size, sequence_length=12, units=6, dropout=0.0, tokenizer_file=str(path)
    )


def weights(config):
    """Embeddings, shared by both directions, and four LSTMs, counted by hand."""
    units = config.units
    return config.vocabulary_size * units + 4 * 4 * units * (units + units + 1)


@pytest.fixture(scope="module")
def case(config):
    head = 2 * config.units * 3 + 3
    return conformance.Case(config, {"text": TEXTS}, 12, weights(config) + head, frozen=0)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.fixture(scope="module")
def trained(config):
    """The model, what it reads, and its losses by step."""
    keras.utils.set_random_seed(1)
    facts = Facts(sizes={"pieces": config.vocabulary_size})
    model = zoo.build(config, TASK, facts)
    objective = TASK.objective(facts, TrainingConfig())
    windows = zoo.encoder(config, TASK)({"text": tf.constant(TEXTS)})
    batch = objective.draw(windows, None, tf.constant([0, 0], tf.int64))
    model.compile(keras.optimizers.Adam(0.02), objective.loss)
    losses = [float(model.train_on_batch(*batch)) for _ in range(60)]
    return model, batch, losses


def test_telling_neighbours_adds_no_weight(config, trained):
    model, _, _ = trained
    assert model.count_params() == weights(config)


def test_it_starts_near_knowing_nothing_and_learns(config, trained):
    _, _, losses = trained
    assert losses[0] == pytest.approx(np.log(config.vocabulary_size), abs=0.3)
    assert losses[-1] < 0.7 * losses[0]


def test_what_it_says_of_a_token_forward_depends_on_no_later_one(trained):
    model, (inputs, _), _ = trained
    ids = inputs["token_ids"].numpy()
    ids[0, 4] = ids[0, 2]
    told = model({**inputs, "token_ids": tf.constant(ids)}).numpy()
    as_before = model(inputs).numpy()
    np.testing.assert_array_equal(told[0, :4, 0], as_before[0, :4, 0])
    np.testing.assert_array_equal(told[0, 5:, 1], as_before[0, 5:, 1])
    assert (told[0, 4] != as_before[0, 4]).any()


@pytest.mark.parametrize("layers", ["last", "mixed"])
def test_the_preset_gives_what_was_trained(config, trained, tmp_path, layers):
    model, _, _ = trained
    elmo.save_pretrained(config, model, tmp_path)
    loaded = pretrained.PretrainedTextConfig(
        preset=str(tmp_path / "preset"), sequence_length=12, layers=layers
    )
    found = classifier.build(loaded, 2)
    inputs = pretrained.encoder(loaded)({"text": tf.constant(TEXTS)})
    features = keras.Model(found.input, found.get_layer("features").output)(inputs)
    network = model.get_layer("backbone")
    states = [keras.ops.concatenate([network.token_embedding(inputs["token_ids"])] * 2, -1)]
    for index in (1, 2):
        read = network.get_layer(f"layer_{index}")(states[-1], inputs["padding_mask"] == 1)
        states.append(read if index == 1 else states[-1] + read)
    vectors = states[-1] if layers == "last" else sum(states) / 3
    mask = tf.cast(inputs["padding_mask"], tf.float32)[..., None]
    expected = tf.reduce_sum(vectors * mask, 1) / tf.reduce_sum(mask, 1)
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_a_tokenizer_without_special_pieces_is_refused(config, tmp_path):
    path = tmp_path / "wordpiece"
    subwords.learn("wordpiece", TEXTS * 3, 100, path)
    with pytest.raises(ValueError, match="does not begin with the special pieces"):
        elmo.encoder(dataclasses.replace(config, tokenizer_file=str(path)))
