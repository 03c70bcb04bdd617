"""How probable texts are by counts of runs of bytes."""

import math

import pytest

from components.baseline import baseline, continuation
from models.ngrams import levels
from models.tasks.one_way import metrics

TRAIN = [(f"고양이 {number} cats sat".encode(),) for number in range(40)]
ASKED = [("고양이 77 cats sat".encode(),), (b"",), (b"\x00\xff",)]


def bits(answers):
    metric = metrics.BITS_PER_BYTE
    return metric.figure(metric.stack([metric.statistics({}, answer) for answer in answers]))


def test_runs_of_bytes_tell_more_than_how_frequent_each_is():
    long, short = (
        way(levels.learn, TRAIN, [], ASKED)
        for way in (continuation.kneser_ney, continuation.frequent)
    )
    assert bits(long[:1]) < 0.3 * bits(short[:1]) < 5


def test_no_byte_is_impossible_and_an_empty_text_has_none():
    for way in (continuation.kneser_ney, continuation.frequent):
        told = way(levels.learn, TRAIN, [], ASKED)
        assert [answer["bytes"] for answer in told] == [len(text) for (text,) in ASKED]
        assert told[1]["log_probability"] == 0
        assert all(math.isfinite(answer["log_probability"]) for answer in told)


def test_each_byte_is_as_probable_as_it_is_frequent_after_adding_one():
    (told,) = continuation.frequent(levels.learn, [(b"aab",)], [], [(b"a",)])
    assert told["log_probability"] == pytest.approx(math.log(3 / (3 + 256)))


def test_what_is_counted_is_bounded(monkeypatch):
    monkeypatch.setattr(continuation, "_MOST_BYTES", 30)
    whole = continuation.kneser_ney(levels.learn, TRAIN[:2], [], ASKED)
    assert continuation.kneser_ney(levels.learn, TRAIN, [], ASKED) == whole


def test_the_stage_measures_both():
    found = baseline.measure(
        "text",
        "texts",
        (TRAIN, []),
        (ASKED, [None] * 3),
        "bits_per_byte",
        lambda _, told: bits(told),
        levels.learn,
    )
    assert found.simple < found.constant
    assert "Kneser-Ney" in found.name
