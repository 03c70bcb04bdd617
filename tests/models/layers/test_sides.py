"""Tests of models/layers/sides.py and of models/siamese.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import siamese, zoo
from models.finetuning import lora
from models.finetuning.config import LoRA
from models.layers import sides
from models.tasks.task import Facts
from models.tasks.text_pairs import TextPairRegression
from models.text import pretrained, recurrent, transformer
from tests.models import tiny_presets

FACTS = Facts(means={"target": 0.0}, deviations={"target": 1.0})
TASK = TextPairRegression(kind="text_pair_regression", encoders="separate")
IDS = np.array([[[5, 6, 2, 0], [7, 0, 0, 0]], [[3, 3, 9, 8], [2, 4, 0, 0]], [[1, 0, 0, 0]] * 2])


def test_joined_sides_are_those_of_one_example_after_the_other():
    x = np.arange(24).reshape(3, 2, 4)
    joined = sides.JoinSides()(x)
    np.testing.assert_array_equal(joined, x.reshape(6, 4))
    np.testing.assert_array_equal(sides.PartSides(2)(joined), x)


def test_a_pair_is_compared_as_in_the_papers():
    x = np.array([[[1.0, -2.0], [3.0, 0.5]]])
    np.testing.assert_allclose(sides.PairVector()(x), [[1, -2, 3, 0.5, 2, 2.5, 3, -1]], rtol=1e-6)


def test_a_cosine_is_that_of_the_angle():
    x = np.array([[[3.0, 4.0], [4.0, 3.0]], [[1.0, 0.0], [-2.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]])
    np.testing.assert_allclose(sides.Cosine()(x), [[24 / 25], [-1], [0]], atol=1e-6)


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_both_sides_pass_through_one_network(kind):
    configs = {
        "transformer": transformer.TransformerConfig(10, 4, hidden_dim=8, num_heads=2),
        "recurrent": recurrent.RecurrentConfig(10, 4, embedding_dim=8, units=3),
    }
    keras.utils.set_random_seed(1)
    model = zoo.build(configs[kind], TASK, FACTS)
    alone = zoo.MODELS[kind].build(configs[kind])
    assert len(model.weights) == len(alone.model(alone.vector).weights) + 2
    side = siamese.side(model)
    vectors = keras.Model(model.inputs, siamese.features(model))(IDS).numpy()
    for place in (0, 1):
        found = side({"token_ids": IDS[:, place]})[siamese.SIDE]
        np.testing.assert_allclose(found, vectors[:, place], rtol=1e-4, atol=1e-6)


def test_a_side_is_found_where_matrices_of_low_rank_were_merged(tmp_path):
    config = pretrained.PretrainedTextConfig(
        preset=tiny_presets.save_bert(tmp_path), sequence_length=6, fine_tuning=LoRA(rank=2)
    )
    model = zoo.build(config, TASK, FACTS)
    encoder = zoo.encoder(config, TASK)
    inputs = encoder(
        {"text": tf.constant(["old maps", "new"]), "text_2": tf.constant(["map", "old 책 old"])}
    )
    wanted = model(inputs).numpy()
    merged = lora.merged(model)
    np.testing.assert_allclose(merged(inputs), wanted, rtol=1e-4, atol=1e-5)
    first = siamese.side(merged)(encoder.side({"text": tf.constant(["old maps", "new"])}))[
        siamese.SIDE
    ]
    vectors = keras.Model(merged.inputs, siamese.features(merged))(inputs)
    np.testing.assert_allclose(first, vectors[:, 0], rtol=1e-4, atol=1e-5)
