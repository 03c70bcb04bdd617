"""Runs of tokens in blocks are those of the whole, whatever the blocks, tokens and lengths."""

import collections

import numpy as np
import pytest

from models.ngrams import counting

BETWEEN = 70_000
"""More tokens than have room in 16 bits; runs of four of them have none in 64."""


def drawn(vocabulary, count=900):
    """A stream of texts, some of them empty, and some that follow each other without an end."""
    random = np.random.default_rng(3)
    return np.minimum(random.zipf(1.4, count), vocabulary)


def defined(stream, vocabulary, order):
    """What is counted, as it is written down."""
    found, before = collections.Counter(), (vocabulary,) * (order - 1)
    for token in stream.tolist():
        if token == vocabulary:
            before = (vocabulary,) * (order - 1)
            continue
        found[(*before, token)] += 1
        before = (*before, token)[1:]
    return found


def counted(counter):
    found = counter.counts()
    runs = list(map(tuple, found.runs.T.tolist()))
    assert runs == sorted(set(runs))
    return dict(zip(runs, found.counts.tolist(), strict=True))


@pytest.mark.parametrize("order", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("vocabulary", [7, 300, BETWEEN])
@pytest.mark.parametrize("block", [13, 200, 10_000])
def test_blocks_are_merged_to_the_counts_of_the_whole(order, vocabulary, block):
    stream, counter = drawn(vocabulary), counting.Counter(vocabulary, order, block=block)
    for part in np.split(stream, [0, 1, 5, 5, 400, 431]):
        counter.add(part)
    assert counted(counter) == defined(stream, vocabulary, order)


def test_what_was_left_is_gone_on_with_as_if_nothing_had_happened():
    stream = drawn(7)
    first = counting.Counter(7, 3, block=50)
    first.add(stream[:333])
    left = first.arrays()
    first.add(stream[333:])
    second = counting.Counter(7, 3, left, block=40)
    second.add(stream[333:])
    assert counted(first) == counted(second) == defined(stream, 7, 3)


def test_memory_holds_runs_and_not_texts():
    """A text that is told again and again takes no more room."""
    counter = counting.Counter(9, 3, block=64)
    text = np.append(np.arange(9), 9)
    sizes = []
    for _ in range(6):
        for _ in range(50):
            counter.add(text)
        sizes.append(sum(array.nbytes for array in counter.arrays().values()))
    assert sizes[-1] < 1.5 * sizes[0]
    assert counter.counts().counts.sum() == 6 * 50 * 9


@pytest.mark.parametrize("streams", [[], [[]], [[4, 4]]])
def test_no_token_to_count_is_refused(streams):
    counter = counting.Counter(4, 2)
    for stream in streams:
        counter.add(np.array(stream, np.int64))
    with pytest.raises(ValueError, match="no token to count"):
        counter.counts()


@pytest.mark.parametrize(("vocabulary", "order"), [(0, 1), (3, 0)])
def test_nothing_is_no_length_and_no_vocabulary(vocabulary, order):
    with pytest.raises(ValueError, match=f"order={order}, vocabulary={vocabulary}"):
        counting.Counter(vocabulary, order)
