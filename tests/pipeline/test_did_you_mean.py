"""Tests of pipeline/did_you_mean.py."""

from pipeline import did_you_mean


def test_a_suggestion_is_the_closest_word_or_all_words():
    assert did_you_mean.suggest("epoch", ["batch_size", "epochs"]) == "Did you mean 'epochs'?"
    assert did_you_mean.suggest(3, ["b", "a"]) == "Known: a, b."


def test_a_hint_ends_a_sentence_or_says_nothing():
    assert did_you_mean.hint("epoch", iter(["batch_size", "epochs"])) == " Did you mean 'epochs'?"
    assert did_you_mean.hint("epoch", ["width"]) == ""
