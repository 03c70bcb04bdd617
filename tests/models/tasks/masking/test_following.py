"""Pairs of parts of texts, half of which follow one another."""

import numpy as np
import tensorflow as tf

from models import pieces
from models.tasks.masking import following, layout
from models.tasks.masking.following import ALONE, FOLLOWS, OTHER

END = 9
"""Id of a piece that ends a sentence."""


def paired(rows, length, texts=None, coin=None, seed=0):
    width = max(map(len, rows))
    ids = np.zeros((len(rows), width), "int32")
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
    marks = np.where(ids == END, pieces.ENDS, 0).astype("uint8")
    random = np.random.default_rng(seed)
    coins = random.random(len(rows)) if coin is None else np.full(len(rows), coin)
    read, target = following.paired(
        tf.constant(ids),
        tf.constant(marks),
        tf.constant(np.arange(len(rows)) if texts is None else texts),
        length,
        tf.constant(random.random(ids.shape), tf.float32),
        tf.constant(coins, tf.float32),
    )
    return read.token_ids.numpy(), read.segment_ids.numpy(), target.numpy()


def test_a_window_is_parted_where_a_sentence_ends():
    ids, segments, target = paired([[11, 12, END, 13, 14]], 9, coin=0.0)
    assert ids.tolist() == [[2, 11, 12, END, 3, 13, 14, 3, 0]]
    assert segments.tolist() == [[0, 0, 0, 0, 0, 1, 1, 1, 0]]
    assert target.tolist() == [FOLLOWS]


def test_the_end_of_a_window_parts_nothing():
    ids, _, target = paired([[11, 12, 13, END]], 8, coin=0.0)
    assert target.tolist() == [FOLLOWS]
    assert list(ids[0]).count(pieces.SEPARATOR) == 2
    assert ids[0][1] == 11


def test_a_window_of_one_piece_is_alone():
    ids, segments, target = paired([[11], [12, 13]], 6, coin=0.9)
    assert ids[0].tolist() == [2, 11, 3, 0, 0, 0]
    assert not segments[0].any()
    assert target.tolist() == [ALONE, FOLLOWS]


def test_what_does_not_follow_is_the_second_part_of_another_text():
    rows = [[11, END, 12, 13], [21, END, 22, 23], [31, END, 32, 33]]
    ids, _, target = paired(rows, 9, coin=0.9)
    assert target.tolist() == [OTHER] * 3
    for place, row in enumerate(ids):
        first, second = row[1] // 10, row[4] // 10
        assert first == place + 1
        assert second != first


def test_windows_of_one_text_are_never_told_apart():
    rows = [[11, END, 12], [21, END, 22], [31, END, 32]]
    _, _, target = paired(rows, 8, texts=[5, 5, 5], coin=0.9)
    assert target.tolist() == [FOLLOWS] * 3


def test_half_of_many_pairs_follow_one_another():
    rows = [[11, 12, END, 13, 14, END, 15]] * 4000
    _, _, target = paired(rows, 10)
    assert set(target) == {FOLLOWS, OTHER}
    assert abs((target == FOLLOWS).sum() - 2000) < 3 * np.sqrt(4000 / 4)


def test_parts_that_are_too_long_lose_what_is_far_from_where_they_meet():
    window = layout.whole(tf.constant([[11, 12, 13, 14, 15, 16]]), tf.zeros([1, 6], tf.uint8))
    first = layout.Part(window.ids, window.marks, tf.constant([0]), tf.constant([4]))
    second = layout.Part(window.ids, window.marks, tf.constant([4]), tf.constant([2]))
    read = layout.laid_out(*following.shortened(first, second, 5), 8)
    assert read.token_ids.numpy().tolist() == [[2, 12, 13, 14, 3, 15, 16, 3]]
