"""Spans that are taken out of texts, as T5's code takes them."""

import numpy as np
import pytest
import tensorflow as tf

from models import sentinels
from models.tasks.corrupting import spans

PIECES = 300
T5 = spans.How(0.15, 3.0)
X, Y, Z = (PIECES - 1 - place for place in range(3))


def windows(sizes, width, seed=0):
    """Rows of pieces that are no special ones, filled up, and their sizes."""
    random = np.random.default_rng(seed)
    ids = random.integers(3, PIECES - sentinels.NUMBER, (len(sizes), width)).astype("int32")
    sizes = np.array(sizes, "int32")
    return tf.constant(np.where(np.arange(width) < sizes[:, None], ids, 0)), tf.constant(sizes)


def scores(rows, width, seed=0):
    random = np.random.default_rng(seed)
    return tuple(tf.constant(random.random((rows, width)).astype("float32")) for _ in range(2))


def runs(row):
    """Lengths of the runs of what is lost."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return (edges[1::2] - edges[::2]).tolist()


def together(read, written):
    """What is read with what was taken out in the place of each sentinel."""
    parts, current = {}, None
    for token in written:
        if token > PIECES - 1 - sentinels.NUMBER:
            current = parts.setdefault(token, [])
        else:
            current.append(token)
    return [one for token in read for one in parts.get(token, [token])]


def test_a_window_of_512_tokens_is_parted_as_t5s_code_parts_it():
    assert T5.counts(512) == (77, 26)
    ids, sizes = windows([512] * 3, 512)
    is_lost = spans.drawn(sizes, scores(3, 512), T5)
    assert is_lost.numpy().sum(1).tolist() == [77] * 3
    assert [len(runs(row)) for row in is_lost.numpy()] == [26] * 3
    read, written = spans.parted(ids, sizes, is_lost, PIECES)
    assert read.row_lengths().numpy().tolist() == [462] * 3
    assert written.row_lengths().numpy().tolist() == [104] * 3
    assert spans.lengths(T5, 512) == (462, 104)


def test_568_tokens_are_what_t5_reads_as_512():
    """`random_spans_helper` of its code: 568 tokens for inputs of 512 and targets of 114."""
    assert spans.lengths(T5, 568) == (512, 114)


def test_the_papers_sentence_is_parted_as_in_its_figure():
    words = ["Thank", "you", "for", "inviting", "me", "to", "your", "party", "last", "week", "."]
    ids = tf.constant([[3 + place for place in range(len(words))] + [0, 0]])
    lost = tf.constant([[word in ("for", "inviting", "last") for word in [*words, "", ""]]])
    read, written = spans.parted(ids, tf.constant([len(words)]), lost, PIECES)
    names = {X: "<X>", Y: "<Y>", Z: "<Z>", sentinels.END: "</s>"}
    read, written = (
        " ".join(names.get(token) or words[token - 3] for token in row.numpy()[0].tolist())
        for row in (read, written)
    )
    assert read == "Thank you <X> me to your party <Y> week . </s>"
    assert written == "<X> for inviting <Y> last <Z> </s>"


@pytest.mark.parametrize(
    "how", [T5, spans.How(0.5, 1.0), spans.How(0.9, 10.0), spans.How(0.01, 3.0)]
)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_read_and_what_is_written_give_the_text_back(how, seed):
    sizes = [1, 2, 3, 7, 40, 64, 11]
    ids, counted = windows(sizes, 64, seed)
    is_lost = spans.drawn(counted, scores(len(sizes), 64, seed), how)
    for row, size in zip(is_lost.numpy(), sizes, strict=True):
        lost, number = how.counts(size)
        assert (row.sum(), len(runs(row))) == (lost, number)
        assert not row[0] and not row[size:].any()
        assert size == 1 or row[size - 1]
    read, written = spans.parted(ids, counted, is_lost, PIECES)
    for place, size in enumerate(sizes):
        one, other = (rows[place].numpy().tolist() for rows in (read, written))
        assert one.pop() == other.pop() == sentinels.END
        assert together(one, other) == ids[place, :size].numpy().tolist()


@pytest.mark.parametrize("how", [T5, spans.How(0.3, 1.0), spans.How(0.9, 10.0)])
@pytest.mark.parametrize("width", [2, 3, 5, 30, 64])
def test_inputs_hold_every_token(how, width):
    ids, sizes = windows(list(range(1, width + 1)), width)
    drawn = scores(width, width)
    inputs, targets = spans.inputs(ids, drawn, how, PIECES)
    read, written = spans.parted(ids, sizes, spans.drawn(sizes, drawn, how), PIECES)
    source, target = inputs[sentinels.SOURCE].numpy(), inputs[sentinels.TARGET].numpy()
    for place in range(width):
        assert [one for one in source[place] if one] == read[place].numpy().tolist()
        assert [one for one in targets[place].numpy() if one] == written[place].numpy().tolist()
    np.testing.assert_array_equal(target[:, 1:], targets)
    assert not target[:, 0].any()
    assert source.shape[1] == max(read.row_lengths().numpy())
    assert targets.shape[1] == max(written.row_lengths().numpy())


def test_every_way_to_part_a_text_is_as_likely():
    """Ten tokens, of which five are lost in two spans: four ways to part each of both."""
    how, rows = spans.How(0.5, 2.5), 4000
    sizes = tf.fill([rows], 10)
    found = spans.drawn(sizes, scores(rows, 10), how).numpy()
    _, counts = np.unique(found, axis=0, return_counts=True)
    assert len(counts) == 16
    assert counts.min() > 0.75 * rows / 16 and counts.max() < 1.25 * rows / 16


def test_no_window_at_all_is_nothing_to_tell():
    inputs, targets = spans.inputs(tf.zeros((0, 8), tf.int32), scores(0, 8), T5, PIECES)
    assert targets.shape[0] == inputs[sentinels.SOURCE].shape[0] == 0
