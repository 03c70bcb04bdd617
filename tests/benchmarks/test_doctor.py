"""What the doctor's benchmark counts as found, and what it plants into."""

import collections
import os

os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")

import pytest

from benchmarks.doctor import __main__ as doctor
from benchmarks.doctor import data, planting, sentences
from benchmarks.doctor.case import Case
from components.doctor.finding import Finding

ABOUT = (("shortcut", "alone"), ("length", "short "))
CASES = list(doctor._cases())


def said(evidence, meaning, check="text_features"):
    return Finding(check, "warn", evidence, meaning, "Leave out the length.", {}, 0.0)


def is_about(finding):
    return Case("", "digits", {}, about=ABOUT).is_about(finding)


def test_a_finding_is_about_a_fault_that_its_evidence_names():
    assert is_about(said("The Length of a text gives 91 %.", "It may be a shortcut."))
    assert is_about(said("91 % right.", "It is enough alone.", check="length_of_texts"))


@pytest.mark.parametrize(
    "evidence, meaning",
    [
        ("91 % right.", "Perhaps a shortcut: the length, a word or a prefix."),
        ("The length differs.", "Splits come from different sources."),
        ("wavelength 3", "A shortcut."),
        ("a shortcut", "A shortcut."),
    ],
)
def test_a_finding_on_something_else_is_not_about_a_fault(evidence, meaning):
    assert not is_about(said(evidence, meaning))


def test_sets_do_not_share_a_case_and_are_large_enough_to_give_a_share():
    names = [case.name for _, _, case, _ in CASES]
    sizes = collections.Counter(which for which, *_ in CASES)
    assert len(set(names)) == len(names)
    assert sizes["unseen"] >= 30
    assert sizes["healthy"] >= 25


def test_every_unseen_fault_has_words_and_no_other_case_does():
    assert {which for which, _, case, _ in CASES if case.about} == {"unseen"}
    assert all(case.about for which, _, case, _ in CASES if which == "unseen")


@pytest.mark.parametrize(
    "make",
    [sentences.german_topics, sentences.korean_reviews],
    ids=lambda make: make.__name__,
)
def test_made_up_texts_are_distinct_and_alike_in_length_whatever_the_label(make):
    rows = make()
    by_label = collections.defaultdict(list)
    for text, label in rows:
        by_label[label].append(len(text.decode()))
    means = [sum(lengths) / len(lengths) for lengths in by_label.values()]
    assert len({text for text, _ in rows}) == len(rows)
    assert max(means) < 1.15 * min(means)


@pytest.mark.parametrize(
    "make",
    [sentences.german_topics, sentences.korean_topics],
    ids=lambda make: make.__name__,
)
def test_no_word_that_tells_a_class_is_in_more_than_half_of_its_made_up_texts(make):
    rows = [(set(text.decode().split()), label) for text, label in make()]
    sizes = collections.Counter(label for _, label in rows)
    counts = collections.Counter((word, label) for words, label in rows for word in words)
    everywhere = collections.Counter(word for words, _ in rows for word in words)
    telling = {
        word: count / sizes[label]
        for (word, label), count in counts.items()
        if count > 0.8 * everywhere[word]
    }
    assert len(telling) > 40
    assert max(telling.values()) < 0.5


def test_a_fault_of_one_class_leaves_the_others_alone():
    splits = {"train": data.columns([(b"a b", b"x"), (b"c d", b"y")] * 3)}
    plant = planting.marked({"x"}, 1.0, lambda text, _: text.upper())
    assert plant(splits)["train"][0] == [b"A B", b"c d"] * 3


def test_shares_have_wilsons_interval():
    outcomes = [{"result": "found"}] * 9 + [{"result": "not found"}]
    assert doctor._share(outcomes, "found") == ("9 of 10, 90.0% (95 % interval 59.6% to 98.2%)")
