"""Tests of what components/doctor/text/boilerplate.py reads in texts, number by number."""

import numpy as np
import pytest

from components.doctor.text import boilerplate
from components.doctor.text.lengths import Reader

READER = Reader(lambda part: [text.split() for text in part], 99)


def said(run, number=20):
    """Texts that share a run of words."""
    return [f"{'abcdefghijklmnopqrst'[row % 20] * 3}{row // 20} {run}" for row in range(number)]


@pytest.mark.parametrize(("last", "shown"), [(10, ""), (11, "…")])
def test_a_hundred_and_twenty_characters_of_what_is_shared_are_shown(last, shown):
    run = " ".join([*["abcdefghi"] * 11, "z" * last])
    found = boilerplate.boilerplate(said(run))
    assert found.figures["shared"] == run[:120] + shown


@pytest.mark.parametrize(("place", "verdict"), [(4_000, "warn"), (4_001, "pass")])
def test_of_a_text_four_thousand_characters_are_read(place, verdict):
    run = "kindly reply before next a"
    texts = [f"{chr(97 + row) * (place - 1 - len(run))} {run}" for row in range(20)]
    assert {len(text) for text in texts} == {place}
    assert boilerplate.boilerplate(texts).verdict == verdict


def test_numbers_count_as_the_same():
    texts = [f"{chr(97 + row) * 3} written on day {row * 7} of {row}" for row in range(20)]
    found = boilerplate.boilerplate(texts)
    assert found.verdict == "warn"
    assert found.figures["texts"] == 1.0


def test_the_run_that_is_long_and_frequent_is_shown():
    often, long = "kindly reply before monday all", "please excuse typing errors and my telephone"
    texts = [f"{text} , {long}" if row < 17 else text for row, text in enumerate(said(often))]
    split = [f"{text.split(' ', 1)[0]} q{row} {text.split(' ', 1)[1]}".replace(",", f"r{row}r")
             for row, text in enumerate(texts)]  # fmt: skip
    covered = [
        np.array([word in (*often.split(), *long.split()) for word in text.split()])
        for text in split
    ]
    assert boilerplate._longest(split, covered) == long
    assert boilerplate._longest(split[16:], covered[16:]) == often


def test_runs_cover_their_tokens_wherever_they_stand():
    tokens, run = list("xabcdeyabcde"), tuple("abcde")
    flags = boilerplate._cover(tokens, {run})
    assert "".join(np.where(flags, tokens, ".")) == ".abcde.abcde"
    longer = boilerplate._cover(list("abcdefghi"), {tuple("bcdefghi")})
    assert longer.tolist() == [False, *[True] * 8]
    assert boilerplate._cover(list("abcd"), {run}).tolist() == [False] * 4


def test_spans_are_the_places_of_neighbours_that_are_covered():
    flags = np.array([False, True, True, False, True])
    assert boilerplate._spans("one, two three; four five.", flags) == [(5, 14), (21, 25)]


@pytest.mark.parametrize(
    ("limit", "share"), [(99, 10 / 14), (14, 10 / 14), (10, 7 / 10), (6, 5 / 6), (1, 0.0)]
)
def test_what_is_read_of_a_text_is_measured_up_to_the_limit(limit, share):
    text = "x a b c d e y z f g h i j w"
    flags = np.array([token not in "xyzw" for token in text.split()])
    reader = Reader(READER.tokenize, limit)
    assert boilerplate._read([text], [flags], reader) == pytest.approx(share)


def test_the_median_of_two_hundred_texts_is_what_is_read_of_them():
    shared = [row >= 100 for row in range(201)]
    covered = [np.array([flag]) for flag in shared]
    assert boilerplate._read(["a"] * 201, covered, READER) == 0.5
    assert boilerplate._read(["a"] * 201, covered[1:] + covered[:1], READER) == 1.0
    # A text that the model reads nothing of has nothing in common with others.
    assert boilerplate._read([""], [np.zeros(0, bool)], READER) == 0.0
