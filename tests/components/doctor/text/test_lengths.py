"""Tests of components/doctor/text/lengths.py."""

import functools

import numpy as np
import pytest

from components.doctor.checks import views
from components.doctor.text import lengths, reach


def words(texts):
    return [text.split() for text in texts]


@pytest.mark.parametrize(
    ("limit", "verdict"), [(4, "fail"), (15, "fail"), (30, "warn"), (50, "pass"), (128, "pass")]
)
def test_what_is_cut_is_judged_by_what_is_kept(limit, verdict):
    finding = lengths.truncation(np.array([90, 100, 110, 120]), limit)
    assert finding.verdict == verdict
    assert finding.figures["kept"] == pytest.approx(min(limit * 4, 420) / 420, abs=0.03)


def test_a_handful_of_tokens_fails_even_for_short_texts():
    finding = lengths.truncation(np.array([6, 7, 8, 3]), 4)
    assert finding.verdict == "fail"
    assert "75.0% of the training texts are longer" in finding.evidence
    assert "`model.sequence_length`, up to 8 tokens" in finding.fix


def test_empty_texts_lose_nothing():
    assert lengths.truncation(np.array([0, 0, 0]), 4).figures["kept"] == 1.0


def test_words_are_unknown_that_no_training_text_has():
    finding = lengths.unknown_words(["A cat sat."], {"eval": ["a dog sat", "THE cat"]})
    assert finding.figures["unknown"] == {"eval": 0.4}
    assert finding.verdict == "warn"


def test_the_tokens_of_a_reader_are_counted_in_every_split():
    reader = lengths.Reader(
        lambda texts: [[7 if w.islower() else 1 for w in found] for found in words(texts)], 9, 1
    )
    finding = lengths.unknown_words(["one two three"], {"eval": ["X Y Z four"]}, reader)
    assert finding.figures["unknown"] == {"train": 0.0, "eval": 0.75}
    assert finding.verdict == "fail"


def test_a_tokenizer_of_another_script_takes_characters_apart():
    reader = lengths.Reader(lambda texts: [list(text.encode()) for text in texts], 9, unknown=-1)
    finding = lengths.unknown_words(["참 좋은 영화"], {}, reader)
    assert finding.verdict == "warn"
    assert "becomes 2.4 tokens" in finding.evidence
    assert "`model.preset`" in finding.fix


@pytest.mark.parametrize(("longest", "text"), [(1, "a b c d"), (1, "나는 간다"), (3, "one or two")])
def test_characters_and_their_runs_are_not_taken_apart(longest, text):
    def split(texts):
        return [[x[i : i + n] for i in range(len(x)) for n in range(1, longest + 1)] for x in texts]

    reader = lengths.Reader(split, 99, unknown="[UNK]", runs=longest)
    finding = lengths.unknown_words([text], {"eval": [text]}, reader)
    assert finding.verdict == "pass"
    assert finding.figures["tokens_per_character"] == pytest.approx(1.0)


def long_texts(place, number=200):
    """Texts of 40 words, of which one, at the given place, tells the label."""
    rng = np.random.default_rng(3)
    labels = [str(name) for name in rng.choice(["good", "bad"], number)]
    texts = []
    for label in labels:
        found = [f"w{n}" for n in rng.integers(60, size=40)]
        found[place] = {"good": "fine", "bad": "poor"}[label]
        texts.append(" ".join(found))
    return texts, labels


@pytest.mark.parametrize(
    ("place", "is_middle", "verdict"),
    [(3, False, "pass"), (30, False, "fail"), (39, True, "pass"), (12, True, "fail")],
)
def test_what_tells_labels_apart_behind_the_limit_fails(place, is_middle, verdict):
    texts, labels = long_texts(place)
    reader = lengths.Reader(words, 20)
    model = views.KINDS["text"].model(0)
    found = reach.reach(model, texts, labels, reader, is_middle=is_middle, seed=0)
    finding = lengths.truncation(lengths.count(texts, reader), 20, reached=found)
    assert finding.verdict == verdict
    assert found.whole > 0.9
    assert "Of whole texts a simple model finds" in finding.evidence
    if verdict == "fail":
        assert found.read < 0.65
        assert "`model.sequence_length`, up to 40 tokens" in finding.fix


def test_a_part_of_what_tells_labels_apart_behind_the_limit_warns():
    texts, labels = long_texts(30)
    early, others = long_texts(5)
    texts, labels = [*texts, *(f"{t} x" for t in early[:60])], [*labels, *others[:60]]
    reader = lengths.Reader(words, 20)
    model = views.KINDS["text"].model(0)
    found = reach.reach(model, texts, labels, reader, is_middle=False, seed=0)
    assert found.is_lost
    assert not found.is_blind


def test_nothing_is_said_of_texts_that_fit_or_of_few():
    texts, labels = long_texts(30)
    ask = functools.partial(reach.reach, views.KINDS["text"].model(0), is_middle=False, seed=0)
    assert ask(texts, labels, lengths.Reader(words, 40)) is None
    assert ask(texts[:30], labels[:30], lengths.Reader(words, 20)) is None


@pytest.mark.parametrize(
    ("lengths_", "limit", "verdict"),
    [
        ([1_000], 350, "pass"),
        ([1_000], 349, "warn"),
        ([1_000], 150, "warn"),
        ([1_000], 149, "fail"),
        # A limit of fewer than sixteen tokens that cuts more than half of the texts.
        ([17, 17, 17], 16, "pass"),
        ([17, 17, 17], 15, "fail"),
        ([16, 16, 3, 3], 15, "pass"),
        ([16, 16, 16, 3], 15, "fail"),
        ([15, 15, 15], 15, "pass"),
    ],
)
def test_a_third_of_all_tokens_must_be_read(lengths_, limit, verdict):
    assert lengths.truncation(np.array(lengths_), limit).verdict == verdict


def test_lengths_are_told_by_their_quantiles():
    figures = lengths.truncation(np.arange(1, 1_001), 900).figures
    assert figures["quantiles"] == {"0.5": 501, "0.9": 901, "0.95": 951, "0.99": 991, "1": 1_000}
    assert figures["cut"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("strange", "verdict"), [(29, "pass"), (30, "warn"), (59, "warn"), (60, "fail")]
)
def test_three_tenths_of_unknown_words_warn_and_six_tenths_fail(strange, verdict):
    text = " ".join(["new"] * strange + ["old"] * (100 - strange))
    assert lengths.unknown_words(["old"], {"few": ["old"], "eval": [text]}).verdict == verdict
    reader = lengths.Reader(words, 9, unknown="new")
    assert lengths.unknown_words([text], {"eval": ["old"]}, reader).verdict == verdict


@pytest.mark.parametrize(
    ("text", "tokens", "per_character", "verdict"),
    [("a" * 10, 12, 1.2, "pass"), ("a" * 10, 13, 1.3, "warn"), ("a", 2, 2.0, "warn")],
)
def test_characters_of_more_than_one_token_and_a_fifth_warn(text, tokens, per_character, verdict):
    reader = lengths.Reader(lambda texts: [["x"] * tokens for _ in texts], 99, unknown="[UNK]")
    found = lengths.unknown_words([text], {}, reader)
    assert found.figures["tokens_per_character"] == pytest.approx(per_character)
    assert found.verdict == verdict


def test_texts_without_words_have_no_unknown_ones():
    found = lengths.unknown_words(["old"], {"eval": ["!"], "test": ["new"]})
    assert found.figures["unknown"] == {"eval": 0.0, "test": 1.0}
    reader = lengths.Reader(words, 9, unknown="new")
    found = lengths.unknown_words([""], {"test": ["new"]}, reader)
    assert found.figures == {"unknown": {"train": 0.0, "test": 1.0}, "tokens_per_character": 0.0}
