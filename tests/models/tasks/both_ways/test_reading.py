"""Texts between the signs of their ends, and what is answered to them."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models import pieces
from models.pieces import Pieces
from models.tasks.both_ways import reading
from models.tasks.both_ways.head import NOT_ASKED
from models.tasks.endpoints import Network
from models.text import piece_windows

NAMES = (*pieces.SPECIAL, "a", "b", "##c")


def split(texts):
    ids = tf.strings.split(texts).with_flat_values
    words = tf.strings.split(texts)
    table = tf.constant(NAMES)
    found = tf.argmax(tf.cast(words.flat_values[:, None] == table[None], tf.int32), axis=1)
    return ids(tf.cast(found, tf.int32))


FOUND = Pieces(NAMES, split, lambda ids: piece_windows.cut(ids, 3), tf.zeros_like, 5)


def outputs(inputs):
    """Of a model: -id / 10 forward, -id / 20 backward, and "a" is told rightly."""
    ids = tf.cast(inputs["token_ids"], tf.float32)
    place, last = tf.range(tf.shape(ids)[1]), tf.reduce_sum(inputs["padding_mask"], axis=1) - 1
    is_token = tf.cast(inputs["padding_mask"], tf.bool)
    has_before = is_token & (place > 0)
    has_after = is_token & (place < last[:, None])
    sides = []
    for is_asked, part in ((has_before, 10.0), (has_after, 20.0)):
        hit = tf.cast(inputs["token_ids"] == NAMES.index("a"), tf.float32)
        values = [tf.where(is_asked, -ids / part, 0.0), tf.where(is_asked, hit, NOT_ASKED)]
        sides.append(tf.stack(values, axis=-1))
    return {"outputs": tf.stack(sides, axis=2), "features": ids[..., None]}


def test_windows_stand_between_the_signs_of_their_ends():
    given = tf.constant([[5, 6, 7], [6, 0, 0], [0, 0, 0]])
    inputs, target = reading.with_ends({pieces.PIECES: given})
    expected = [[2, 5, 6, 7, 3], [2, 6, 3, 0, 0], [2, 3, 0, 0, 0]]
    assert inputs["token_ids"].numpy().tolist() == expected
    assert inputs["padding_mask"].numpy().tolist() == (np.array(expected) > 0).astype(int).tolist()
    assert target.numpy().tolist() == np.where(np.array(expected) > 0, expected, -1).tolist()


def test_pieces_of_all_windows_follow_one_another_with_what_they_were_given():
    texts = tf.constant(["a b ##c a", "", "b"])  # Of four pieces: two windows of two.
    found = reading.scored(texts, Network(None, None, FOUND, of_encoded=outputs))
    assert found["piece_length"].numpy().tolist() == [4, 0, 1]
    assert found["piece"].numpy()[0].tolist() == [b"a", b"b", b"##c", b"a"]
    np.testing.assert_allclose(found["forward"][0], [-0.5, -0.6, -0.7, -0.5], rtol=1e-6)
    np.testing.assert_allclose(found["backward"][0], [-0.25, -0.3, -0.35, -0.25], rtol=1e-6)
    np.testing.assert_allclose(found["forward"][2, :1], [-0.6], rtol=1e-6)


def test_ends_are_told_once_and_pieces_twice():
    texts = tf.constant(["a b ##c a", "", "b"])
    found = reading.scored(texts, Network(None, None, FOUND, of_encoded=outputs))
    # Each window has one end for either side beside its pieces.
    assert found["gaps"].numpy().tolist() == [2 * (2 * 2 + 2), 0, 2 * 1 + 2]
    assert found["hits"].numpy().tolist() == [4, 0, 0]
    ends = 3 / 10 + 2 / 20
    each = -np.array([(5 + 6 + 7 + 5) * 0.15 + 2 * ends, 0, 6 * 0.15 + ends])
    np.testing.assert_allclose(found["log_probability"], each, rtol=1e-6)


def test_the_vector_of_a_text_is_the_mean_over_its_tokens_as_far_as_it_is_read():
    found = reading.embedded(
        tf.constant(["a b ##c a", "", "b"]), Network(None, None, FOUND, of_encoded=outputs)
    )
    expected = [[np.mean([2, 5, 6, 7, 3])], [2.5], [np.mean([2, 6, 3])]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_narrower_model_reads_the_same_text_in_more_windows():
    narrow = dataclasses.replace(FOUND, windows=lambda ids: piece_windows.cut(ids, 1), length=3)
    found = reading.scored(tf.constant(["a b"]), Network(None, None, narrow, of_encoded=outputs))
    assert found["gaps"].numpy() == pytest.approx([2 * (2 * 1 + 2)])
