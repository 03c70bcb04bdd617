"""Tests of components/baseline/gaps.py: what stands in a gap by counts of words."""

from components.baseline import baseline, gaps
from models.ngrams import levels

TRAIN = [(b"the cat sat on the mat",), (b"The dog sat on the rug.",), (b"a cat sat",)]


def counts(answers):
    return [(one["hits"], one["gaps"]) for one in answers]


def test_the_most_frequent_word_is_right_where_it_stands():
    asked = [(b"The cat, the dog",), (b"",), (b"a rug",)]
    assert counts(gaps.most_frequent(TRAIN, [], asked)) == [(2, 5), (0, 0), (0, 2)]


def test_a_word_is_told_by_the_one_before_it():
    # Behind "the" all four words are as frequent, so the first of the alphabet is told.
    asked = [(b"the cat sat on the rug",), (b"unseen the",)]
    assert counts(gaps.most_frequent_after(TRAIN, [], asked)) == [(5, 6), (1, 2)]


def test_texts_without_targets_have_a_constant_and_a_simple_model():
    train, evaluated = (TRAIN, [None] * 3), ([(b"the cat",)], [None])

    def judge(targets, answers):
        assert targets == [None]
        return answers[0]["hits"] / answers[0]["gaps"]

    found = baseline.measure(
        "text", "filled_masks", train, evaluated, "masked_accuracy", judge, levels.learn
    )
    assert (found.constant, found.simple) == (0.5, 1.0)
    assert found.constant_name == "most frequent word"
