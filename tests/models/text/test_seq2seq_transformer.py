"""Tests of models/text/seq2seq_transformer.py, and of the layers that it is made of."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers import attention
from models.recipe import Recipe
from models.text import seq2seq_transformer
from models.writer import MASK
from tests.models.text import writers

SMALL = seq2seq_transformer.Seq2seqTransformerConfig(
    vocabulary_size=11,
    sequence_length=9,
    target_length=7,
    hidden_dim=8,
    num_layers=2,
    num_heads=2,
    mlp_dim=5,
    recipe=Recipe(dropout=0.3),
)
VARIANTS = {
    "pre": SMALL,
    "post": dataclasses.replace(SMALL, normalization="post", tied=False, positions="learned"),
    "separate": dataclasses.replace(SMALL, vocabulary="separate", target_vocabulary_size=6),
    "sampled": dataclasses.replace(SMALL, teacher_forcing=0.5),
}


@pytest.fixture(params=sorted(VARIANTS))
def config(request):
    return VARIANTS[request.param]


def test_the_base_model_has_the_papers_size():
    base = dataclasses.replace(
        SMALL,
        vocabulary_size=37_000 - 2,
        hidden_dim=512,
        num_layers=6,
        num_heads=8,
        mlp_dim=2048,
        normalization="post",
    )
    assert writers.model(seq2seq_transformer, base).count_params() == 63_082_496


def test_written_token_by_token_it_is_the_same_as_at_once(config):
    writers.check_steps(seq2seq_transformer, config)


def test_attention_sums_to_one_over_what_was_read(config):
    model = writers.model(seq2seq_transformer, config)
    writer = writers.writer(seq2seq_transformer, config, model)
    source = writers.source(config)
    kept, state = writer.read({"source_ids": tf.constant(source)})
    state = {name: value[:, None] for name, value in state.items()}
    begin = tf.fill([len(source), 1], writer.begin)
    _, _, weights = writer.step(begin, tf.constant(0), kept, state)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1, rtol=1e-5)
    assert np.all(weights.numpy()[:, 0][kept[MASK].numpy() == 0] == 0)


def test_every_token_read_matters(config):
    """Whatever its id is, and wherever it stands."""
    model, given = writers.model(seq2seq_transformer, config), writers.inputs(config)
    before = model(given).numpy()
    for place in range(7):
        changed = given["source_ids"].copy()
        changed[0, place] = 8
        after = model({**given, "source_ids": changed}).numpy()
        assert np.abs(after[0] - before[0]).max() > 1e-4
        np.testing.assert_allclose(after[1:], before[1:], atol=1e-5)


def test_no_token_depends_on_a_later_one(config):
    writers.check_causality(seq2seq_transformer, config)


def test_padding_changes_nothing(config):
    writers.check_padding(seq2seq_transformer, config)


def test_it_learns_to_copy(config):
    writers.check_learning(seq2seq_transformer, config)


def test_attention_is_that_of_the_paper():
    """Keys (1, 0), (0, 1), (1, 1); values (1, 0), (0, 1), (2, 2); a query (1, 0)."""
    layer = attention.Attention(2, 1, Recipe(initializer="zeros", dropout=0.0))
    layer.build((None, None, 2))
    for part in (layer.query, layer.output_):
        part.kernel.assign(np.eye(2))
    keys = tf.constant([[[[1.0, 0], [0, 1], [1, 1]]]])
    values = tf.constant([[[[1.0, 0], [0, 1], [2, 2]]]])
    found, weights = layer(tf.constant([[[1.0, 0]]]), (keys, values))
    np.testing.assert_allclose(weights[0, 0, 0], [0.40111, 0.19778, 0.40111], atol=1e-5)
    np.testing.assert_allclose(found[0, 0], [1.20334, 1], atol=1e-5)


def test_masked_self_attention_sees_what_is_before():
    """Scores divided by sqrt(2) of rows (1, 0), (0, 1), (1, 1), each with itself and before."""
    rows = np.array([[1.0, 0], [0, 1], [1, 1]])
    places = np.arange(3)
    bias = attention.hidden_where(places[None, :] <= places[:, None])
    found = attention.softmax_over(rows @ rows.T, bias)
    wanted = [[1, 0, 0], [0.26894, 0.73106, 0], [0.21194, 0.21194, 0.57612]]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_places_are_the_sines_of_the_paper():
    layer = seq2seq_transformer._positions(dataclasses.replace(SMALL, hidden_dim=4), "source")
    found = layer(keras.ops.zeros((1, 3, 4)))[0]
    wanted = [[0, 1, 0, 1], [0.8415, 0.5403, 0.01, 1], [0.9093, -0.4161, 0.02, 0.9998]]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    np.testing.assert_allclose(layer(keras.ops.zeros((1, 1, 4)), start_index=2)[0, 0], found[2])


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="must divide `hidden_dim`"):
        dataclasses.replace(SMALL, num_heads=3)


def test_shared_pieces_have_one_file_and_one_size():
    with pytest.raises(ValueError, match="target_vocabulary_size=9.*choose `vocabulary: separate`"):
        dataclasses.replace(SMALL, target_vocabulary_size=9)
