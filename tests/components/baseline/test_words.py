"""Tests of components/baseline/words.py."""

import pytest

from components.baseline import words

PAIRS = [
    (["das", "Haus"], ["the", "house"]),
    (["das", "Buch"], ["the", "book"]),
    (["ein", "Buch"], ["a", "book"]),
]


def learned(rounds, **options):
    table = words.Table(PAIRS, **options)
    for _ in range(rounds):
        table.learn()
    return table


@pytest.mark.parametrize(
    ("rounds", "the", "house"), [(1, 0.5, 0.5), (2, 0.6364, 0.5714), (3, 0.7479, 0.6534)]
)
def test_model_1_learns_as_by_hand(rounds, the, house):
    table = learned(rounds, has_empty=False)
    assert table.probability("the", "das") == pytest.approx(the, abs=1e-4)
    assert table.probability("house", "Haus") == pytest.approx(house, abs=1e-4)


@pytest.mark.parametrize(("rounds", "the"), [(1, 0.5), (2, 0.6243), (3, 0.7259)])
def test_the_empty_word_takes_its_part_as_in_nltk(rounds, the):
    from nltk.translate import AlignedSent, IBMModel1

    pairs = [AlignedSent(target, source) for source, target in PAIRS]
    nltks = IBMModel1(pairs, rounds).translation_table["the"]["das"]
    table = learned(rounds)
    assert table.probability("the", "das") == pytest.approx(the, abs=1e-4)
    assert table.probability("the", "das") == pytest.approx(nltks, abs=1e-6)
    assert table.probability("a", "das") == table.probability("the", "ein Haus") == 0


def test_shares_of_a_word_sum_to_one():
    table = learned(4)
    for word in ("das", "Haus", "Buch", "ein", None):
        shares = [table.probability(other, word) for other in ("the", "house", "a", "book")]
        assert sum(shares) == pytest.approx(1)


def test_a_text_is_written_word_by_word_and_what_is_unknown_stays():
    rows = [(b"das Haus!",), (b"das Buch!",), (b"ein Buch!",)] * 3
    targets = ["the house!", "the book!", "a book!"] * 3
    asked = [(b"das Buch, Uwe.",), (b"",)]
    found = words.word_by_word(rows, targets, asked)
    assert found == [{"text": "the book, Uwe."}, {"text": ""}]


def test_nothing_is_learned_from_texts_without_words():
    assert words.word_by_word([(b"",)], [""], [(b"a b",)]) == [{"text": "a b"}]


def test_no_more_is_learned_from_than_memory_holds(monkeypatch):
    monkeypatch.setattr(words, "_MOST_LINKS", 20)
    rows, targets = [(b"a b c",)] * 9, ["x y"] * 9
    assert words.pairs(rows, targets) == [(["a", "b", "c"], ["x", "y"])] * 2
    # One text that is longer is learned from all the same.
    assert len(words.pairs([(b"a " * 50,)], ["x y"])) == 1
