"""Searches held against all texts that there are, one by one."""

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.writing import search
from tests.models.tasks.writing import chains


def tables(count, size, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(size), (count, size))


def found(shares, rows, limits, beams, alpha=0.0, wanted=None, **signs):
    inputs = {"text": tf.constant(rows)}
    limits = tf.constant(limits, tf.int32)
    got = tf.function(
        lambda: search.search(chains.writer(shares, **signs), inputs, limits, beams, alpha, wanted)
    )()
    return [value.numpy() for value in got]


def listed(ids, end=chains.END):
    """Tokens up to the end."""
    return tuple(ids[: list(ids).index(end) + 1].tolist()) if end in ids else ()


# Tokens: begin, end, chien, chat, noir; all that follows "noir" is the end.
FRENCH = [
    [0, 0.1, 0.5, 0.4, 0],
    [0, 1, 0, 0, 0],
    [0, 0.6, 0, 0, 0.4],
    [0, 0.1, 0, 0, 0.9],
    [0, 1, 0, 0, 0],
]


def test_one_beam_takes_the_best_word_and_two_the_best_text():
    def best(beams):
        ids, scores, _ = found([FRENCH], [0], [9], beams)
        return listed(ids[0, 0]), scores[0, 0]

    tables_without_early_end = np.array([FRENCH])
    tables_without_early_end[0, 2] = [0, 0, 0, 0.6, 0.4]
    tables_without_early_end[0, 0] = [0, 0, 0.5, 0.4, 0.1]
    assert best(1)[0] == (2, 1)
    assert best(1)[1] == pytest.approx(np.log(0.5 * 0.6), abs=1e-5)
    assert best(2)[0] == (3, 4, 1)
    assert best(2)[1] == pytest.approx(np.log(0.4 * 0.9), abs=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_as_many_beams_as_there_are_texts_find_what_trying_all_of_them_finds(alpha):
    shares, limits = tables(3, 5), [4, 1, 3]
    ids, scores, _ = found(shares, [0, 1, 2], limits, beams=40, alpha=alpha)
    for row, limit in enumerate(limits):
        every = sorted(
            chains.texts(shares[row], limit),
            key=lambda text: -text[1] / float(search.penalty(len(text[0]), alpha)),
        )
        # Probability of an unfinished text is not spread over the ends, so all texts are there.
        assert [listed(one) for one in ids[row] if listed(one)] == [text for text, _ in every]
        np.testing.assert_allclose(
            scores[row, : len(every)], [score for _, score in every], rtol=1e-5
        )
        assert np.all(np.isneginf(scores[row, len(every) :]))


def test_poor_texts_that_end_early_do_not_end_the_search():
    # Tokens: begin, end, a, b. "a b" has nearly all of the probability, but ends last.
    sure = [[0, 0.02, 0.97, 0.01], [0, 1, 0, 0], [0, 0.02, 0.01, 0.97], [0, 0.97, 0.02, 0.01]]
    for beams in (2, 3, 5):
        for wanted in (None, 1):
            ids, scores, _ = found([sure], [0], [9], beams, wanted=wanted)
            assert listed(ids[0, 0]) == (2, 3, 1)
            assert scores[0, 0] == pytest.approx(3 * np.log(0.97), abs=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_the_best_one_alone_is_the_first_of_all(alpha):
    shares, rows, limits = tables(12, 6, seed=4), list(range(12)), [5, 3, 7, 1] * 3
    every = found(shares, rows, limits, beams=300, alpha=alpha)
    best = found(shares, rows, limits, beams=300, alpha=alpha, wanted=1)
    np.testing.assert_allclose(best[1][:, 0], every[1][:, 0], rtol=1e-5)
    for row in rows:
        assert listed(best[0][row, 0]) == listed(every[0][row, 0])


def test_one_beam_is_greedy():
    shares = tables(20, 7, seed=1)
    ids, scores, _ = found(shares, list(range(20)), [6] * 20, beams=1, alpha=0.9)
    for row, table in enumerate(shares):
        text, last, score = [], chains.BEGIN, 0.0
        while last != chains.END:
            allowed = table[last] * (np.arange(7) != chains.BEGIN)
            last = chains.END if len(text) == 5 else int(allowed.argmax())
            score += np.log(table[text[-1] if text else chains.BEGIN][last])
            text.append(last)
        assert listed(ids[row, 0]) == tuple(text)
        assert scores[row, 0] == pytest.approx(score, rel=1e-4)


def test_a_text_that_has_ended_is_kept_and_not_written_on():
    ids, _, _ = found(tables(2, 6, seed=2), [0, 1], [8, 8], beams=4)
    for text in ids.reshape(-1, ids.shape[-1]):
        end = list(text).index(chains.END)
        assert np.all(text[end + 1 :] == 0)


def test_of_equal_scores_the_lower_token_wins():
    shares = np.full((1, 5, 5), 0.2)
    ids, _, _ = found(shares, [0], [3], beams=3)
    assert [listed(text) for text in ids[0]] == [(1,), (2, 1), (2, 2, 1)]


def test_a_longer_text_may_win_where_sums_are_divided_by_length():
    table = [[0, 0.5, 0.5], [0, 1, 0], [0, 0.6, 0.4]]
    assert listed(found([table], [0], [2], 3, alpha=0.0)[0][0, 0]) == (1,)
    assert listed(found([table], [0], [9], 9, alpha=3.0)[0][0, 0]) != (1,)


def test_texts_of_a_batch_do_not_depend_on_each_other():
    shares, limits = tables(4, 6, seed=3), [7, 2, 5, 3]
    ids, scores, _ = found(shares, [0, 1, 2, 3], limits, beams=3, alpha=0.6)
    for row, limit in enumerate(limits):
        alone, alone_scores, _ = found(shares, [row], [limit], beams=3, alpha=0.6)
        assert [listed(one) for one in alone[0]] == [listed(one) for one in ids[row]]
        np.testing.assert_allclose(alone_scores[0], scores[row], rtol=1e-5)


def test_no_text_read_writes_none():
    ids, scores, attention = found(tables(1, 4), np.zeros(0, np.int32), [], beams=2)
    assert (ids.shape, scores.shape, attention.shape) == ((0, 2, 0), (0, 2), (0, 2, 0, 2))


def test_state_and_attention_go_with_their_text():
    ids, _, attention = found(tables(2, 6, seed=4), [0, 1], [6, 6], beams=3)
    for text, looked in zip(ids.reshape(6, -1), attention.reshape(6, -1, 2), strict=True):
        size = list(text).index(chains.END) + 1
        before = np.cumsum([chains.BEGIN, *text[: size - 1]])
        np.testing.assert_array_equal(looked[:size, 0], before)
        assert np.all(looked[size:] == 0)


def test_length_normalisation_is_that_of_the_paper():
    assert float(search.penalty(1, 0.6)) == pytest.approx(1)
    assert float(search.penalty(13, 0.6)) == pytest.approx(3**0.6)
