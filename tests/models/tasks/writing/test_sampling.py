"""Texts that are drawn, held against the probabilities of all that there are."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.writing import sampling, search
from tests.models.tasks.writing import chains

TABLE = np.array([
    [0, 0.1, 0.5, 0.3, 0.1],
    [0, 1, 0, 0, 0],
    [0, 0.2, 0.1, 0.4, 0.3],
    [0, 0.6, 0.2, 0.1, 0.1],
    [0, 0.5, 0.25, 0.125, 0.125],
])  # fmt: skip


def settings(rows, temperature=1.0, top_k=0, top_p=1.0, seed=None):
    seeds = np.arange(rows) if seed is None else np.broadcast_to(seed, rows)
    return sampling.Settings(
        tf.constant(np.broadcast_to(temperature, rows), tf.float32),
        tf.constant(np.broadcast_to(top_k, rows), tf.int64),
        tf.constant(np.broadcast_to(top_p, rows), tf.float32),
        tf.constant(seeds, tf.int64),
    )


def sampled(shares, rows, limits, how):
    inputs = {"text": tf.constant(rows)}
    limits = tf.constant(limits, tf.int32)
    ids, scores = tf.function(lambda: sampling.sample(chains.writer(shares), inputs, limits, how))()
    return [tuple(row[row > 0].tolist()) for row in ids.numpy()], scores.numpy()


def rescaled(temperature=1.0, top_k=0, top_p=1.0):
    """The table as it is drawn from: by the definitions, one row after the other."""
    told = np.zeros_like(TABLE)
    for place, row in enumerate(TABLE):
        powers = row ** (1 / temperature)
        order = sorted(range(len(row)), key=lambda token: (-powers[token], token))
        order = order[: top_k or None]
        powers /= powers[order].sum()
        kept, mass = [], 0.0
        for token in order:
            if kept and mass >= top_p - 1e-12:
                break
            kept.append(token)
            mass += powers[token]
        told[place, kept] = powers[kept] / powers[kept].sum()
    return told


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 2.0},
        {"top_k": 2},
        {"top_p": 0.72},
        {"temperature": 0.7, "top_k": 3, "top_p": 0.9},
    ],
    ids=str,
)
def test_texts_are_drawn_as_often_as_their_probability_says(how):
    count, limit = 1_500, 4
    texts, scores = sampled([TABLE], [0] * count, [limit] * count, settings(count, **how))
    table = rescaled(**how)
    with np.errstate(divide="ignore"):
        shares = {text: np.exp(score) for text, score in chains.texts(table, limit - 1)}
    # At the last place the end is certain: such a text is drawn as often as what is before it.
    full = {text: share for text, share in shares.items() if share > 0}
    full |= _of_full_length(table, limit)
    found = Counter(texts)
    assert set(found) <= set(full)
    assert sum(full.values()) == pytest.approx(1)
    for text, share in full.items():
        spread = np.sqrt(share * (1 - share) / count)
        assert abs(found[text] / count - share) <= 4 * spread + 1e-3, text
    assert np.isfinite(scores).all()


def _of_full_length(table, limit):
    """Texts whose end is there because nothing more fits, and how often they are drawn."""
    begun = {(): 1.0}
    for _ in range(limit - 1):
        begun = {
            (*text, token): share * table[text[-1] if text else chains.BEGIN][token]
            for text, share in begun.items()
            for token in range(2, len(table))
            if table[text[-1] if text else chains.BEGIN][token] > 0
        }
    return {(*text, chains.END): share for text, share in begun.items()}


def test_a_temperature_of_0_takes_the_likeliest_token_always():
    shares = np.random.default_rng(3).dirichlet(np.ones(7), (9, 7))
    rows, limits = list(range(9)), [1, 2, 3, 4, 5, 6, 6, 6, 6]
    greedy = search.search(
        chains.writer(shares), {"text": tf.constant(rows)}, tf.constant(limits), 1, 0.0
    )
    for how in ({"temperature": 0.0}, {"temperature": -1.0}, {"top_k": 1}, {"top_p": 0.0}):
        texts, scores = sampled(shares, rows, limits, settings(9, **how))
        assert texts == [tuple(row[row > 0].tolist()) for row in greedy.ids[:, 0].numpy()]
        np.testing.assert_allclose(scores, greedy.scores[:, 0], rtol=1e-5)


def test_a_text_depends_on_its_seed_and_not_on_the_other_rows():
    count = 40
    together, scores = sampled([TABLE], [0] * count, [6] * count, settings(count))
    assert len(set(together)) > 5
    for row in (0, 17, 39):
        alone, score = sampled([TABLE], [0], [6], settings(1, seed=[row]))
        assert alone == [together[row]] and score[0] == pytest.approx(scores[row], rel=1e-6)
    same, _ = sampled([TABLE], [0] * 5, [6] * 5, settings(5, seed=7))
    assert len(set(same)) == 1


def test_texts_end_where_no_more_fits_and_none_is_written_of_no_row():
    texts, scores = sampled([TABLE], [0, 0, 0], [1, 2, 9], settings(3, temperature=5.0))
    assert texts[0] == (chains.END,) and len(texts[1]) <= 2
    assert all(text[-1] == chains.END and text.count(chains.END) == 1 for text in texts)
    assert scores[0] == pytest.approx(np.log(0.1), rel=1e-5)
    texts, scores = sampled([TABLE], np.zeros(0, int), [], settings(0))
    assert (texts, scores.shape) == ([], (0,))


@pytest.mark.parametrize(
    "how",
    [
        {"temperature": np.nan},
        {"temperature": np.inf},
        {"top_p": np.nan},
        {"top_p": 7.0},
        {"top_p": -1.0},
        {"top_k": -3},
        {"top_k": 2**40},
        {"seed": -1},
        {"seed": 2**63 - 1},
    ],
    ids=str,
)
def test_settings_without_sense_are_answered_without_harm_to_the_other_rows(how):
    wanted, _ = sampled([TABLE], [0, 0, 0], [6, 6, 6], settings(3))
    fields = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": np.arange(3)}
    changed = {}
    for name, value in fields.items():
        column = np.broadcast_to(np.array(value, object), 3).copy()
        column[1] = how.get(name, column[1])
        changed[name] = column.astype({"top_k": int, "seed": int}.get(name, float))
    texts, scores = sampled([TABLE], [0, 0, 0], [6, 6, 6], settings(3, **changed))
    assert (texts[0], texts[2]) == (wanted[0], wanted[2])
    assert texts[1][-1] == chains.END and np.isfinite(scores).all()
