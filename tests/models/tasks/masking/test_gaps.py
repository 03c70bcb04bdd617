"""Which pieces become gaps, and what stands there."""

import numpy as np
import pytest
import tensorflow as tf

from models import pieces
from models.tasks.masking import drawing, gaps, layout

KNOWN = 50
LENGTH = 128
SHARE = 0.15


def windows(lengths, width=LENGTH - 2, seed=0):
    """Ids, and marks: one in three continues a word, the first of a window never."""
    random = np.random.default_rng(seed)
    ids = np.zeros((len(lengths), width), "int32")
    marks = np.zeros((len(lengths), width), "uint8")
    for place, length in enumerate(lengths):
        ids[place, :length] = random.integers(5, KNOWN, length)
        marks[place, 1:length] = random.integers(0, 3, length - 1) == 0
    return {"pieces": tf.constant(ids), "marks": tf.constant(marks), "texts": np.arange(len(ids))}


def draw(inputs, seed=(0, 0), **fields):
    how = drawing.How(
        **{"share": SHARE, "whole_word": False, "next_sentence": False, "known": KNOWN, **fields}
    )
    drawn, target = drawing.drawn(inputs, tf.constant(seed, tf.int64), how)
    return {name: value.numpy() for name, value in drawn.items()}, target.numpy()


def as_they_were(inputs):
    read = layout.laid_out(layout.whole(inputs["pieces"], inputs["marks"]), None, LENGTH)
    return read.token_ids.numpy(), read.is_piece.numpy()


def within_three_sigma(count, total, share):
    return abs(count - total * share) <= 3 * np.sqrt(total * share * (1 - share))


def test_a_window_stands_between_its_special_pieces():
    inputs = {name: value[:, :4] for name, value in windows([4, 2], 4).items() if name != "texts"}
    read = layout.laid_out(layout.whole(inputs["pieces"], inputs["marks"]), None, 6)
    (a, b, c, d), (e, f, _, _) = inputs["pieces"].numpy()
    assert read.token_ids.numpy().tolist() == [[2, a, b, c, d, 3], [2, e, f, 3, 0, 0]]
    assert read.padding_mask.numpy().tolist() == [[1] * 6, [1, 1, 1, 1, 0, 0]]
    assert read.is_piece.numpy().tolist() == [[0, 1, 1, 1, 1, 0], [0, 1, 1, 0, 0, 0]]
    assert not read.segment_ids.numpy().any()


def test_a_separator_between_texts_that_share_a_window_is_never_a_gap():
    ids = tf.constant([[7, pieces.SEPARATOR, 8]])
    read = layout.laid_out(layout.whole(ids, tf.zeros([1, 3], tf.uint8)), None, 5)
    assert read.token_ids.numpy().tolist() == [[2, 7, 3, 8, 3]]
    assert read.is_piece.numpy().tolist() == [[False, True, False, True, False]]


@pytest.mark.parametrize(
    ("length", "gaps_of_it"), [(1, 1), (3, 1), (10, 2), (40, 6), (100, 15), (126, 19)]
)
def test_of_each_text_a_share_is_told_and_one_at_least(length, gaps_of_it):
    drawn, target = draw(windows([length, 126]))
    assert (target[0] >= 0).sum() == gaps_of_it
    assert target.shape == drawn["masked_places"].shape == (2, gaps.most(LENGTH, SHARE)) == (2, 19)


def test_of_a_hundred_thousand_pieces_80_percent_of_the_gaps_are_masked_10_replaced_10_kept():
    inputs = windows([126] * 800)
    before, is_piece = as_they_were(inputs)
    drawn, target = draw(inputs)
    rows, places = np.nonzero(target >= 0)
    where = drawn["masked_places"][rows, places]
    assert is_piece[rows, where].all(), "special pieces and padding are never gaps"
    assert (target[rows, places] == before[rows, where]).all()
    told = len(rows)
    assert told == 800 * 19
    after = drawn["token_ids"][rows, where]
    is_mask, is_same = after == pieces.MASK, after == before[rows, where]
    assert within_three_sigma(is_mask.sum(), told, 0.8)
    # One of the 45 pieces that may stand there instead is the right one.
    assert within_three_sigma(is_same.sum(), told, 0.1 + 0.1 / (KNOWN - 5))
    others = after[~is_mask & ~is_same]
    assert others.min() >= 5 and others.max() < KNOWN
    changed = drawn["token_ids"] != before
    assert changed.sum() == (~is_same).sum(), "nothing else is changed"


def test_every_place_is_as_likely_to_be_told():
    inputs = windows([126] * 2000)
    drawn, target = draw(inputs)
    counts = np.bincount(drawn["masked_places"][target >= 0], minlength=LENGTH)[1:127]
    sigma = np.sqrt(2000 * (19 / 126) * (1 - 19 / 126))
    assert np.abs(counts - 2000 * 19 / 126).max() < 4.5 * sigma  # The worst of 126.


def test_the_same_seed_draws_the_same_and_another_epoch_or_batch_other_gaps():
    inputs = windows([126] * 4)
    once, again, later = draw(inputs, (7, 3)), draw(inputs, (7, 3)), draw(inputs, (7, 4))
    assert (once[0]["token_ids"] == again[0]["token_ids"]).all()
    assert (once[1] == again[1]).all()
    assert (once[1] != later[1]).any(axis=1).all()


def test_of_a_word_all_pieces_are_told_or_none():
    inputs = windows([126, 20, 7, 1] * 100)
    drawn, target = draw(inputs, whole_word=True)
    marks = np.pad(inputs["marks"].numpy(), [(0, 0), (1, 1)])
    _, is_piece = as_they_were(inputs)
    words = np.cumsum(is_piece & (marks == 0), axis=1)
    told_any = 0
    for row in range(len(target)):
        where = drawn["masked_places"][row][target[row] >= 0]
        told_any += len(where)
        chosen = np.zeros(LENGTH, bool)
        chosen[where] = True
        for word in np.unique(words[row][where]):
            assert chosen[is_piece[row] & (words[row] == word)].all()
        assert len(where) <= max(1, round(is_piece[row].sum() * SHARE))
    assert told_any > 0.13 * is_piece.sum()


def test_a_word_of_more_pieces_than_are_told_stays():
    inputs = {
        "pieces": tf.constant([[7, 8, 9, 10]]),
        "marks": tf.constant([[0, 1, 0, 1]], tf.uint8),
        "texts": tf.constant([0]),
    }
    _, target = draw(inputs, whole_word=True)
    assert (target == -1).all()


def test_what_is_put_stands_where_a_gap_is():
    put = gaps.put(
        tf.constant([[1, 2, 3], [4, 5, 6]]), tf.constant([[2, -1], [0, 1]]), [[9, 8], [7, 6]]
    )
    assert put.numpy().tolist() == [[1, 2, 9], [7, 6, 6]]
