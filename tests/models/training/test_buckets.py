"""Tests of models/training/buckets.py."""

import numpy as np
import tensorflow as tf

from models.training import buckets


def lengths(count, seed=0):
    target = np.random.default_rng(seed).integers(1, 40, count)
    return np.stack([target, np.maximum(1, target + np.arange(count) % 7 - 3)], axis=1)


def epoch(order, number):
    return [batch.numpy() for batch in order(tf.constant(number, tf.int64))]


def planned(sizes, tokens=300, seed=0):
    groups, ends = buckets.plan(sizes, batch_size=9, tokens=tokens)
    return buckets.order(tf.range(len(sizes)), groups, ends, seed), len(ends)


def test_every_example_is_in_an_epoch_once():
    order, count = planned(lengths(211))
    for number in range(3):
        batches = epoch(order, number)
        assert len(batches) == count
        assert sorted(np.concatenate(batches)) == list(range(211))


def test_no_batch_has_more_tokens_than_it_may_but_for_one_example_that_has():
    sizes = lengths(211)
    sizes[17] = 500
    order, _ = planned(sizes)
    for places in epoch(order, 5):
        assert len(places) * sizes[places, 0].max() <= 300 or places.tolist() == [17]


def test_texts_of_one_token_fill_a_batch_and_those_that_are_too_long_are_alone():
    order, _ = planned(np.array([[1, 1]] * 7 + [[400, 3]] * 3), tokens=3)
    batches = sorted(epoch(order, 0), key=len)
    assert [len(places) for places in batches] == [1, 1, 1, 1, 3, 3]
    assert {7, 8, 9} <= {places[0] for places in batches[:4]}


def test_little_of_a_batch_is_padding():
    sizes = lengths(3000)
    order, _ = planned(sizes)
    batches = epoch(order, 0)
    padded = sum(len(places) * sizes[places].max(0) for places in batches)
    assert np.all(sizes.sum(0) / padded > [0.9, 0.75])


def test_without_tokens_as_many_examples_share_a_batch():
    order, _ = planned(lengths(50), tokens=None)
    assert sorted(map(len, epoch(order, 0))) == [5, 9, 9, 9, 9, 9]


def test_an_epoch_depends_on_seed_and_number_alone():
    first, _ = planned(lengths(90), seed=1)
    same, _ = planned(lengths(90), seed=1)
    other, _ = planned(lengths(90), seed=2)

    def drawn(order, number):
        return [batch.tolist() for batch in epoch(order, number)]

    assert drawn(first, 3) == drawn(same, 3)
    assert drawn(first, 3) != drawn(first, 4)
    assert drawn(first, 3) != drawn(other, 3)


def test_neighbours_in_a_batch_change_from_epoch_to_epoch():
    order, _ = planned(lengths(3000))
    beside = [
        {place: set(batch) for batch in epoch(order, number) for place in batch}
        for number in (0, 1)
    ]
    kept = [len(beside[0][place] & beside[1][place]) / len(beside[0][place]) for place in range(90)]
    assert np.mean(kept) < 0.6
