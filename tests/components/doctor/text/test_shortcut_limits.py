"""Tests of what makes a feature of texts a shortcut, on both sides of each limit."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from components.doctor.text import clues, shortcuts, telltale

LABELS = np.array(["a"] * 100 + ["b"] * 100)


def clue(gain, kind=clues.FORM, name="the sign '#'", label="a", has=None, error=0.0):
    """A feature of a hundred rows of each label; by default half of each have it."""
    has = np.arange(200) % 2 == 0 if has is None else has
    return telltale.Clue(name, kind, label, gain, 0.0, error, has, lambda texts: has)


def rows(*ranges):
    return np.isin(np.arange(200), [row for begin, end in ranges for row in range(begin, end)])


def is_shortcut(one, *others, content=1.0):
    return shortcuts._is_shortcut(one, [one, *others], {"a": content}, LABELS)


@pytest.mark.parametrize(
    ("kind", "limit"), [(clues.FORM, 0.55), (clues.GUESS, 0.65), (clues.WORD, 0.7)]
)
def test_what_may_be_content_must_tell_more_than_form(kind, limit):
    rival = clue(0.5, clues.WORD, "the word 'x'", has=rows((90, 110)))
    assert is_shortcut(clue(limit, kind), rival)
    assert not is_shortcut(clue(limit - 0.01, kind), rival)
    assert not is_shortcut(clue(limit + 0.1, kind, error=0.051), rival)  # It is not certain.


@pytest.mark.parametrize(
    ("gain", "content", "expected"),
    [(0.51, 0.6, True), (0.5, 0.6, False), (0.3, 0.3, True), (0.29, 0.3, False)],
)
def test_a_feature_that_says_nearly_as_much_as_all_words_is_one(gain, content, expected):
    assert is_shortcut(clue(gain, clues.GUESS), content=content) == expected


@pytest.mark.parametrize(
    ("gain", "inside", "outside", "expected"),
    [
        (0.25, 49, 1, True),  # 98 % of the rows with it.
        (0.24, 49, 1, False),
        (0.25, 48, 1, False),
        (0.25, 0, 0, False),  # It is the lack of something that no row lacks.
    ],
)
def test_form_that_one_label_alone_has_marks_a_part_of_its_rows(gain, inside, outside, expected):
    has = rows((0, inside), (100, 100 + outside))
    assert is_shortcut(clue(gain, has=has)) == expected
    assert not is_shortcut(clue(gain, clues.GUESS, has=has))


@pytest.mark.parametrize(
    ("gain", "rival", "expected"),
    [(0.5, 0.24, True), (0.5, 0.25, False), (0.6, 0.29, True), (0.6, 0.3, False), (0.49, 0, False)],
)
def test_a_word_to_which_no_other_comes_near_is_one(gain, rival, expected):
    word = clue(gain, clues.WORD, "the word 'x'", has=rows((0, 50)))
    other = clue(rival, clues.WORD, "the word 'y'", has=rows((50, 100)))
    assert is_shortcut(word, other) == expected
    assert not is_shortcut(clue(gain, clues.GUESS, has=word.has), other)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"kind": clues.FORM}, True),
        ({"label": "b"}, True),
        # Of 60 rows with either, 30 have both: words that stand together are one.
        ({"has": rows((20, 65))}, True),
        ({"has": rows((21, 65))}, False),
    ],
)
def test_only_words_of_the_same_label_in_other_rows_are_rivals(change, expected):
    word = clue(0.5, clues.WORD, "the word 'x'", has=rows((0, 50)))
    given = {"kind": clues.WORD, "name": "the word 'y'", "has": rows((50, 100)), **change}
    if "has" in change:
        word = clue(0.5, clues.WORD, "the word 'x'", has=rows((5, 50)))
    assert is_shortcut(word, clue(0.5, **given)) == expected


def test_of_features_as_good_the_one_that_explains_best_is_named():
    word, sign = "the word 'x'", "the sign '#'"
    assert shortcuts._best([clue(0.9), clue(0.87, name=word)]).name == word
    assert shortcuts._best([clue(0.9), clue(0.869, name=word)]).name == sign
    assert shortcuts._best([]) is None


def test_what_mirrors_another_label_is_told_once():
    has = rows((0, 100))
    mirrors = [clue(0.9, has=has), clue(0.9, label="b", has=~has)]
    assert [one.label for one in shortcuts._strongest(mirrors)] == ["a"]
    nearly = rows((0, 6), (100, 200))  # Both or neither have six rows of 200: three in a hundred.
    assert len(shortcuts._strongest([mirrors[0], clue(0.9, label="b", has=nearly)])) == 1
    less = rows((0, 7), (100, 200))
    assert len(shortcuts._strongest([mirrors[0], clue(0.9, label="b", has=less)])) == 2


def test_the_plainest_and_strongest_come_first():
    told = [
        clue(0.8, label="a", has=rows((0, 50))),
        clue(0.9, name="the signs '##'", label="b", has=rows((50, 99))),
        clue(0.7, name="the word 'x'", label="c", has=rows((100, 150))),
    ]
    assert [one.label for one in shortcuts._strongest(told)] == ["c", "b", "a"]


def split(number, starred, others=None):
    """Texts of so many rows of each label of which some, of `a` only, have a star."""
    others = number if others is None else others
    texts = [f"w{row} {'* ' * (row < starred)}w{row + 7}" for row in range(number)]
    texts += [f"w{row} w{row + 7}" for row in range(others)]
    labels = ["a"] * number + ["b"] * others
    return shortcuts.Texts(texts, labels, np.array([[x == "a"] for x in labels], float))


class Counting(DecisionTreeClassifier):
    """A tree that keeps how many rows each of its copies was given."""

    rows: ClassVar[list[int]] = []

    def fit(self, X, y):
        self.rows.append(len(y))
        return super().fit(X, y)


def judge(train, **others):
    model = Counting(random_state=0)
    return shortcuts.shortcuts(model, {"train": train, **others}, 0)


def test_a_model_of_all_words_learns_from_two_thirds_at_a_time(monkeypatch):
    monkeypatch.setattr(Counting, "rows", [])
    judge(split(30, 30, 60))
    assert Counting.rows == [60] * 3


def test_a_feature_is_told_in_a_sentence_with_its_shares_and_what_all_words_gain():
    told = judge(split(50, 50)).evidence
    assert told.startswith(
        "The sign '*' tells 'a' from all else: it assigns 100.0% of the rows of 'a' to that label "
        "and 0.0% of the others (all words together gain 100%, this alone 100%). Such as: 'w0 * w7'"
    )


def test_twenty_rows_of_two_labels_are_needed():
    found = judge(split(20, 20))
    assert found.verdict == "warn"
    assert found.figures["content"] == {"a": 1.0, "b": 1.0}
    assert found.figures["examples"] == split(20, 20).texts[:3]
    few = judge(split(20, 20, 19))
    assert (few.verdict, few.figures) == ("pass", {"clues": [], "content": {}})


@pytest.mark.parametrize(
    ("number", "kept", "verdict"), [(50, 5, "warn"), (50, 4, "fail"), (20, 0, "warn")]
)
def test_a_nearly_certain_feature_that_another_split_has_half_as_often_fails(number, kept, verdict):
    found = judge(split(number, number), eval=split(10, kept))
    assert found.verdict == verdict
    assert found.figures["clues"][0]["holds"] == {"eval": kept / 10}
    assert ("does not hold in eval" in found.evidence) == (kept < 5)


def test_other_splits_need_ten_rows_of_a_label_and_of_the_others():
    shown = judge(
        split(50, 50), few=split(9, 9, 20), enough=split(10, 10), other=split(20, 20, 9),
        one=split(30, 30, 0),
    ).figures["clues"]  # fmt: skip
    assert list(shown[0]["holds"]) == ["enough"]


@pytest.mark.parametrize(("number", "kept"), [(0, 0), (1_000, 1_000), (1_001, 501), (2_001, 667)])
def test_every_so_many_rows_of_a_large_split_are_read(number, kept):
    texts = shortcuts.Texts(range(number), range(number), np.arange(number)).thinned()
    assert len(texts.texts) == len(texts.labels) == len(texts.words) == kept
    assert shortcuts.Texts(range(number), range(number)).thinned().words is None


def test_eighty_characters_of_an_example_are_shown():
    long = split(20, 20)
    texts = [f"{text} {'x' * 90}" for text in long.texts]
    shown = judge(shortcuts.Texts(texts, long.labels, long.words)).figures["examples"]
    assert shown == [text[:80] for text in texts[:3]]


def test_what_tells_most_of_each_label_is_shown_where_nothing_tells_enough():
    given = split(50, 35)
    texts = [*given.texts[:50], *split(50, 10).texts[:10], *given.texts[60:]]
    found = judge(shortcuts.Texts(texts, given.labels, given.words))
    assert found.verdict == "pass"
    shown = [(one["label"], round(one["gain"], 2)) for one in found.figures["clues"]]
    assert shown == [("a", 0.5), ("b", 0.5)]
    assert "; most does the lack of the sign '*': it assigns 80.0%" in found.evidence


def test_where_nothing_tells_enough_the_feature_that_tells_most_is_named():
    labels = [label for label in "abc" for _ in range(50)]
    own = {"a": (20, 5), "b": (5, 25), "c": (5, 5)}  # Of 50 rows, those with a hash and a star.
    texts = [
        f"{chr(0xAC00 + row)}{'#' * (row % 50 < own[label][0])}"
        f"{'*' * (row % 50 >= 50 - own[label][1])}z"
        for row, label in enumerate(labels)
    ]
    words = np.array([["abc".index(label)] for label in labels], float)
    found = judge(shortcuts.Texts(texts, labels, words))
    assert found.verdict == "pass"
    gains = {one["label"]: one["gain"] for one in found.figures["clues"]}
    assert gains["a"] == pytest.approx(0.3)
    assert gains["b"] == pytest.approx(0.4)
    assert "; most does the sign '*': it assigns 50.0%" in found.evidence


def test_three_features_are_told_and_twelve_are_listed():
    labels = [f"l{row % 14:02}" for row in range(14 * 20)]
    texts = [f"w{row} {label}x w{row + 7}" for row, label in enumerate(labels)]
    words = np.array([[int(label[1:])] for label in labels], float)
    found = judge(shortcuts.Texts(texts, labels, words))
    assert found.verdict == "warn"
    assert [one["label"] for one in found.figures["clues"]] == [f"l{n:02}" for n in range(12)]
    assert found.evidence.count("from all else") == 3


def test_a_model_of_all_words_that_says_one_label_of_every_row_gains_nothing():
    given = split(25, 25, 50)
    found = judge(shortcuts.Texts(given.texts, given.labels, np.zeros((75, 1))))
    assert found.figures["content"] == {"a": 0.0, "b": 0.0}
