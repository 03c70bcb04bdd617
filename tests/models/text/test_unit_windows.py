"""Texts of any length as windows of the pieces that a model reads at once."""

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.task import QUESTION, UNITS
from models.text import unit_windows
from models.text.unit_windows import PLACES, Pieces

ROOM = 6


def split(units):
    """A piece for each character, by its code."""
    return tf.cast(tf.strings.unicode_decode(units, "UTF-8"), tf.int32)


def made(room):
    """A sign before, one after and one (1) between a question and a window."""

    def pack(ids):
        between = tf.ones([ids[0].nrows(), 1], tf.int32)
        rows = ids[0] if len(ids) == 1 else tf.concat([ids[0], between, ids[1]], axis=1)
        return {"token_ids": tf.pad(rows.to_tensor(0, shape=(None, room)), [[0, 0], [1, 1]])}

    return unit_windows.encoder(Pieces(split, 7, room, lead=1, between=1), pack, 5, ())


@pytest.fixture(scope="module")
def encoder():
    return made(ROOM)


def units(*texts):
    return tf.ragged.constant([text.split() for text in texts], dtype=tf.string, ragged_rank=1)


def test_a_unit_stands_where_its_first_piece_does(encoder):
    found = encoder({UNITS: units("ab c def", "", "xyz")})
    assert found[PLACES].numpy().tolist() == [[1, 3, 4, -1, -1], [-1] * 5, [1, -1, -1, -1, -1]]
    assert found["token_ids"].numpy()[0].tolist() == [0, *map(ord, "abcdef"), 0]


def test_what_is_beyond_the_first_window_is_not_trained_on(encoder):
    found = encoder({UNITS: units("abcd efgh i", "a b c d e f g")})
    assert found[PLACES].numpy().tolist() == [[1, 5, -1, -1, -1], [1, 2, 3, 4, 5]]


def test_a_unit_without_a_piece_is_unknown(encoder):
    empty = tf.RaggedTensor.from_row_lengths(tf.constant(["a", "", "b"]), [3])
    assert encoder({UNITS: empty})["token_ids"].numpy()[0, :4].tolist() == [0, 97, 7, 98]


def test_composed_and_decomposed_signs_have_the_same_pieces(encoder):
    one, other = (encoder({UNITS: units(text)})["token_ids"] for text in ("é", "e\u0301"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 21, 22, 90])
def test_every_unit_is_in_one_window_with_what_stands_around_it(length):
    room = 12
    letters = [chr(ord("a") + place % 26) for place in range(length)]
    found = made(room).windows({UNITS: units(" ".join(letters), "x y")})
    token_ids, places = found.inputs["token_ids"].numpy(), found.inputs[PLACES].numpy()
    assert found.counts.numpy().tolist() == [length, 2]
    assert found.owners.numpy().tolist() == [0] * (len(places) - 1) + [1]
    assert found.is_unit.numpy().sum() == length + 2
    seen = [
        token_ids[window, place] for window, row in enumerate(places) for place in row[row >= 0]
    ]
    assert [chr(one) for one in seen] == [*letters, "x", "y"]
    # Away from the text's ends a unit has neighbours on both sides.
    for window, row in enumerate(places[:-1]):
        inner = row[row >= 0]
        if 0 < window < len(places) - 2 and len(inner):
            assert inner.min() > 1
            assert inner.max() < room


def test_windows_give_what_the_whole_text_gives(encoder):
    """A model that looks at its own token alone answers alike, wherever the window begins."""

    def model(inputs, training):
        at = tf.gather(inputs["token_ids"], tf.maximum(inputs[PLACES], 0), batch_dims=1)
        return {"outputs": tf.cast(tf.stack([at, 2 * at], -1), tf.float32)}

    texts = units("a bc d efg h i j k l m n o p", "", "q")
    rows, others = unit_windows.outputs(encoder, model, {UNITS: texts})
    firsts = [[ord(word.decode()[0]) for word in text] for text in texts.to_list()]
    assert [[one for one, _ in row] for row in rows.to_list()] == firsts
    assert others.shape == (3, 0, 2)


def test_a_question_stands_before_each_window_and_leaves_less_room():
    room = 12
    asked = tf.constant(["?!", "e\u0301" * 9])
    texts = units("ab c def g hi j k l m n", "xyz")
    trained = made(room)({UNITS: texts, QUESTION: asked})
    assert trained[PLACES].numpy().tolist() == [[4, 6, 7, 10, 11], [6, -1, -1, -1, -1]]
    found = made(room).windows({UNITS: texts, QUESTION: asked})
    rows = found.inputs["token_ids"].numpy().tolist()
    # Nine pieces of twelve are left, and two of them are read twice.
    assert ["".join(map(chr, row)).strip("\0") for row in rows] == [
        "?!\x01abcdefghi",
        "?!\x01hijklmn",
        "éééé\x01xyz",
    ]
    assert found.owners.numpy().tolist() == [0, 0, 1]
    at = tf.gather(
        found.inputs["token_ids"][:2], tf.maximum(found.inputs[PLACES][:2], 0), batch_dims=1
    )
    letters = [chr(one) for one in at[found.is_unit[:2]].numpy()]
    assert letters == ["a", "c", "d", "g", "h", "j", "k", "l", "m", "n"]


def test_what_is_beside_the_units_is_the_least_of_a_texts_windows():
    def model(inputs, training):
        places = tf.shape(inputs[PLACES])[1]
        row = tf.cast(inputs["token_ids"][:, 1], tf.float32)[:, None, None]
        return {"outputs": tf.tile(row, [1, places + 1, 2])}

    texts = units("b c d e f a g h i j k", "z", "")
    _, others = unit_windows.outputs(made(ROOM), model, {UNITS: texts})
    assert others.numpy()[:, 0, 0].tolist() == [97, 122, 0]


def test_an_encoder_of_whole_texts_is_refused():
    from models.encoder import Encoder

    with pytest.raises(ValueError, match="of a model of units"):
        unit_windows.outputs(Encoder(lambda features: features), None, {UNITS: units("a")})
