"""Tests of the best answers against all parts of short texts, tried one by one."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.answering import decoding
from models.tasks.tagging import units as splitting

TEXTS = ["one two 셋 four five six", "", "둘", "a b c d"]


def asked(logits, none, longest=2, count=3, threshold=0.0, kind="words", texts=TEXTS):
    found = splitting.split(tf.constant(texts, tf.string), kind)
    best = tf.function(
        lambda: decoding.best(
            tf.constant(texts, tf.string), found, logits, none, longest, count, threshold
        )
    )()
    return [
        [
            (word.decode(), start, end, score)
            for word, start, end, score in zip(
                *(best[n][row].numpy().tolist() for n in NAMES), strict=True
            )
        ]
        for row in range(len(texts))
    ]


NAMES = ("answer", "start", "end", "score")


def drawn(seed, m):
    random = np.random.default_rng(seed)
    sizes = [len(text.split()) for text in TEXTS]
    logits = [random.normal(size=(size, 2)).astype("float32") * 3 for size in sizes]
    ragged = tf.RaggedTensor.from_row_lengths(np.concatenate(logits), sizes)
    return logits, ragged, random.normal(size=(len(TEXTS), m, 2)).astype("float32")


def by_trying_all(text, logits, none, longest, count, threshold):
    words = [(m, text.index(m)) for m in text.split()]
    both = np.concatenate([logits, none])
    shares = np.exp(both) / np.exp(both).sum(0) if len(both) else both
    parts = [
        (shares[i, 0] * shares[j, 1], i, j)
        for i, j in itertools.product(range(len(words)), repeat=2)
        if i <= j < i + longest
    ]
    chosen = []
    for score, i, j in sorted(parts, reverse=True):
        if len(chosen) < count and all(j < a or i > b for _, a, b in chosen):
            chosen.append((score, i, j))
    found = [
        (np.log(s), (text[words[i][1] : (e := words[j][1] + len(words[j][0]))], words[i][1], e, s))
        for s, i, j in chosen
    ]
    if len(none):
        score = shares[-1].prod()
        found.append((np.log(score) - threshold, ("", 0, 0, score)))
    return [answer for _, answer in sorted(found, key=lambda one: -one[0])][:count]


@pytest.mark.parametrize(("m", "threshold"), [(0, 0.0), (1, 0.0), (1, 2.5), (1, -2.5)])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_parts_that_do_not_overlap_are_answered(seed, m, threshold):
    logits, ragged, none = drawn(seed, m)
    found = asked(ragged, none, threshold=threshold)
    for row, text in enumerate(TEXTS):
        wanted = by_trying_all(text, logits[row], none[row], 2, 3, threshold)
        assert [one[:3] for one in found[row]] == [one[:3] for one in wanted]
        np.testing.assert_allclose(
            [one[3] for one in found[row]], [one[3] for one in wanted], rtol=1e-4
        )


def test_no_text_has_no_answers():
    nothing = tf.RaggedTensor.from_row_lengths(tf.zeros([0, 2]), tf.zeros([0], tf.int64))
    assert asked(nothing, np.zeros((0, 1, 2), "float32"), texts=[]) == []


ODD = [
    "👩‍👩‍👧‍👦 family of four\t\ttabs",
    "ㅎㅏㄴ 한글 NFD 서울특별시",
    "e\u0301te\u0301 \u200bzero\ufeff width",
    "\U0001f1f0\U0001f1f7 flags 🇰🇷🇺🇸",
    "שלום עולם مرحبا",
]


@pytest.mark.parametrize("kind", ["words", "characters"])
def test_places_count_code_points_of_odd_texts(kind):
    found = splitting.split(tf.constant(ODD), kind)
    random = np.random.default_rng(1)
    flat = random.normal(size=(int(tf.size(found.starts.flat_values)), 2)).astype("float32")
    logits = found.starts.with_flat_values(flat)
    none = np.zeros((len(ODD), 0, 2), "float32")
    for text, answers in zip(ODD, asked(logits, none, 4, 5, kind=kind, texts=ODD), strict=True):
        assert answers
        for word, start, end, _ in answers:
            assert word == text[start:end]
