"""Tests of models/did_you_mean.py."""

from models import did_you_mean


def test_a_hint_names_the_near_word_or_says_nothing():
    assert did_you_mean.hint("resnt", ("vit", "resnet")) == " Did you mean 'resnet'?"
    assert did_you_mean.hint("adam", ()) == ""
