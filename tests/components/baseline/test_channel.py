"""Tests of components/baseline/channel.py."""

import itertools
import math

import pytest

from components.baseline import channel, words

TEXTS = [["a", "b", "a"], ["a", "b"], ["b"]]
PAIRS = [
    ("das Haus", "the house"),
    ("das Buch", "the book"),
    ("ein Buch", "a book"),
    ("ein Haus ist klein", "a house is small"),
    ("das Buch ist ein Buch", "the book is a book"),
]
ROWS, TARGETS = [(source.encode(),) for source, _ in PAIRS], [target for _, target in PAIRS]


def test_runs_of_three_words_are_smoothed_by_witten_and_bell():
    found = channel.Trigrams(TEXTS)
    # Of 9 words, ends included, three differ; one more for what is unknown.
    one = (3 + 3 * 0.25) / (9 + 3)
    after_a = (2 + 2 * one) / (3 + 2)
    assert math.exp(found.log("b", ("x", "a"))) == pytest.approx(after_a)
    assert math.exp(found.log("b", ("", "a"))) == pytest.approx((2 + 1 * after_a) / (2 + 1))
    unknown = 3 * 0.25 / 12
    assert math.exp(found.log("z", ("x", "y"))) == pytest.approx(unknown)


@pytest.mark.parametrize("before", [("", ""), ("a", "b"), ("", "b"), ("x", "y")])
def test_probabilities_of_all_words_add_up_to_1(before):
    found = channel.Trigrams(TEXTS)
    known = ["a", "b", ""]
    total = sum(math.exp(found.log(word, before)) for word in known)
    assert total + math.exp(found.log("z", before)) == pytest.approx(1)


def test_the_beam_finds_the_text_that_trying_all_finds():
    reversed_pairs = [(target.split(), source.split()) for source, target in PAIRS]
    table = words.Table(reversed_pairs)
    for _ in range(5):
        table.learn()
    language = channel.Trigrams(target for target, _ in reversed_pairs)
    known = channel._Candidates(table, language)
    for read in (["das", "Haus", "ist", "ein", "Buch"], ["ein", "Buch"], ["neu", "Haus"]):
        scored = []
        for chosen in itertools.product(*(known.of(word) for word in read)):
            text = [word for word, _ in chosen if word is not None]
            padded = ["", "", *text, ""]
            score = sum(log for _, log in chosen)
            for one, two, word in zip(padded, padded[1:], padded[2:], strict=False):
                score += language.log(word, (one, two))
            scored.append((score, text))
        assert channel._best(read, known) == max(scored, key=lambda pair: pair[0])[1]


def test_texts_are_written_unknown_words_stay_and_nothing_is_written_of_nothing():
    asked = [(b"das Haus ist klein",), (b"Maru Buch",), (b"",), (b"\xff",)]
    found = [one["text"] for one in channel.by_bayes(ROWS, TARGETS, asked)]
    assert found[0] == "the house is small"
    assert found[1].split()[0] == "Maru"
    assert found[2] == "" and len(found) == 4
    assert channel.by_bayes([(b"",)], [""], [(b"a b",)]) == [{"text": "a b"}]
