"""Tests of models/text/seq2seq_recurrent.py, and of its attention."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models.layers import soft_alignment
from models.recipe import Recipe
from models.text import seq2seq_recurrent
from tests.models.text import writers

SMALL = seq2seq_recurrent.Seq2seqRecurrentConfig(
    vocabulary_size=11, sequence_length=9, target_length=7, units=6, recipe=Recipe(dropout=0.0)
)
VARIANTS = {
    "dot": SMALL,
    "none": dataclasses.replace(SMALL, attention="none", cell="gru", bidirectional=False, units=7),
    "general": dataclasses.replace(SMALL, attention="general", num_layers=2, tied=False),
    "additive": dataclasses.replace(
        SMALL,
        attention="additive",
        cell="gru",
        vocabulary="separate",
        target_vocabulary_size=6,
        teacher_forcing=0.5,
    ),
}


@pytest.fixture(params=sorted(VARIANTS))
def config(request):
    return VARIANTS[request.param]


@pytest.mark.parametrize(
    "check", [writers.check_steps, writers.check_causality, writers.check_padding]
)
def test_conforms(check, config):
    check(seq2seq_recurrent, config)


def test_it_learns_to_copy():
    wide = dataclasses.replace(SMALL, units=16)
    writers.check_learning(seq2seq_recurrent, wide, rate=0.03)


@pytest.mark.parametrize(
    ("score", "count"), [("dot", 0), ("general", 65_536), ("additive", 131_328)]
)
def test_scores_have_the_weights_of_their_papers(score, count):
    layer = soft_alignment.SoftAlignment(256, score, Recipe(initializer="zeros"))
    layer.build(())
    assert layer.count_params() == count


def test_dot_attention_is_as_by_hand():
    """Keys and values (1, 0), (0, 1), (1, 1); a query (1, 0), not divided by a root."""
    layer = soft_alignment.SoftAlignment(2, "dot", Recipe())
    memory = tf.constant([[[1.0, 0], [0, 1], [1, 1]]])
    _, weights = layer(tf.constant([[[1.0, 0]]]), memory, tf.ones((1, 3)))
    np.testing.assert_allclose(weights[0, 0], [0.42232, 0.15536, 0.42232], atol=1e-5)


def test_two_directions_need_even_units():
    with pytest.raises(ValueError, match="must be even. Received: units=7"):
        dataclasses.replace(SMALL, units=7)
