"""Tests of what components/doctor/text/{clues,telltale}.py read in texts."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from components.doctor.text import clues, telltale


def names(text, kind):
    return {name for found, name in clues.marks(text) if found == kind}


def test_words_and_pairs_of_words_may_be_content_and_all_else_is_form():
    assert names("ab 7x. Cd", clues.WORD) == {
        *("the word 'ab'", "the word '7x'", "the word 'cd'"),
        *("the words 'ab 7x'", "the words '7x cd'"),
    }
    assert names("ab 7x. Cd", clues.FORM) == {
        *("the start 'a'", "the end 'd'", "words like '0x'"),
        *("the sign '.'", "the signs '. '"),
    }


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(1, [1]), (11, [1]), (12, [1, 2]), (17, [1, 2]), (18, [1, 2, 3]), (72, [1, 2, 3, 5, 8, 12])],
)
def test_starts_and_ends_are_a_sixth_of_a_text_at_most(length, sizes):
    text = "".join(chr(0xAC00 + place) for place in range(length))
    assert names(text, clues.FORM) == {
        *(f"the start {text[:size]!r}" for size in sizes),
        *(f"the end {text[-size:]!r}" for size in sizes),
    }
    found = clues.choices(f"{text[:-1]} " if length > 1 else text)
    assert {size for size in (2, 3, 5, 8, 12) if found[f"the first {size} characters"]} == {
        size for size in sizes if size > 1
    }


def test_what_stands_first_and_last_is_told_by_name():
    found = clues.choices("Abc, def ghi")
    assert {name: value for name, value in found.items() if value} == {
        "the first word": "abc",
        "the last word": "ghi",
        "the first 2 characters": "Ab",
        "the last 2 characters": "hi",
    }
    assert set(clues.choices("").values()) == {""}


def test_of_a_long_text_its_first_and_last_thousand_characters_are_read():
    long = "a" * 999 + " middle " + "b" * 999
    assert "the word 'middle'" in names(long[4:-4], clues.WORD)
    assert names(f"{long[:999]} x middle x {long[-999:]}", clues.WORD) == {
        *(f"the word {letter * 999!r}" for letter in "ab"),
        f"the words {'a' * 999 + ' ' + 'b' * 999!r}",
    }
    assert names("a" * 2_000, clues.WORD) == {f"the word {'a' * 2_000!r}"}
    # Its length is that of the whole text.
    assert clues.measures(["a" * 3_000])["the number of characters"].tolist() == [3_000]


def test_every_number_of_form_is_that_of_the_text():
    first, second = "Ab. C\n7!", "éê😀 <b>http://x Σ"
    assert {name: found.tolist() for name, found in clues.measures([first, second]).items()} == {
        "the number of characters": [8, 17],
        "the number of words": [3, 5],
        "the number of lines": [1, 0],
        "the number of sentences": [2, 0],
        "the length of words": [pytest.approx(4 / 3), pytest.approx(9 / 5)],
        "the share of capital letters": [pytest.approx(2 / 3), pytest.approx(1 / 9)],
        "the share of digits": [pytest.approx(1 / 6), 0],
        "the share of punctuation": [pytest.approx(2 / 6), pytest.approx(6 / 15)],
        "the share of white space": [pytest.approx(2 / 8), pytest.approx(2 / 17)],
        "the number of addresses": [0, 1],
        "the number of tags": [0, 1],
        "the number of emoji": [0, 1],
        "whether the first letter is a capital": [1, 0],
        "the share of letters with accents": [0, pytest.approx(2 / 9)],
        "the share of Latin letters": [1, pytest.approx(8 / 9)],
        "the share of Greek letters": [0, pytest.approx(1 / 9)],
    }
    assert not any(found.any() for found in clues.measures([""]).values())
    one = {name: found.item() for name, found in clues.measures(["É"]).items()}
    assert one["the share of capital letters"] == one["the share of letters with accents"] == 1
    assert one["the length of words"] == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("un der die das", "German"),
        ("der un une que", "French"),
        ("x und y", "German"),
        ("x", None),
    ],
)
def test_the_language_is_that_with_most_of_its_words(text, language):
    found = {name: one.item() for name, one in clues.measures([text]).items() if "lang" in name}
    assert found == ({f"whether the language is {language}": 1} if language else {})


@pytest.mark.parametrize(("letter", "share"), [("À", 1), ("ɏ", 1), ("ɐ", 0), ("z", 0)])
def test_letters_with_accents_are_those_of_european_languages(letter, share):
    assert clues.measures([letter])["the share of letters with accents"].item() == share


def test_names_that_explain_best_come_first():
    ordered = [
        "whether the language is German",
        "the share of Cyrillic letters",
        "the word 'a'",
        "the words 'a b'",
        "the start 'abc'",
        "the start 'ab'",
        "the sign '#'",
        "the lack of the end '.'",
        "the number of words",
        "the share of capital letters",
        "the last word",
        "the first word",
        "the first 2 characters",
    ]
    ranks = [clues.preference(name)[0] for name in ordered]
    assert ranks == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5]
    within = sorted(ordered[2:6], key=lambda name: clues.preference(name))
    assert within == ordered[2:6]  # The shortest word, but the longest start.
    assert clues.preference("the last word") < clues.preference("the first word")


def test_a_share_of_few_rows_is_less_certain_than_it_looks():
    assert telltale.share_and_error(np.array([True, True, False])) == (
        pytest.approx(2 / 3),
        pytest.approx(0.6 * 0.4 / 5),
    )
    always = telltale.share_and_error(np.ones(8, bool))
    assert always == (1.0, pytest.approx(0.9 * 0.1 / 10))


def marked(share_of_a, share_of_b, number=20):
    """Clues of texts of which some of each label begin with a star."""
    texts, labels = [], []
    for label, share in (("a", share_of_a), ("b", share_of_b)):
        texts += [f"{'*' if row < share * number else ''}word" for row in range(number)]
        labels += [label] * number
    found = list(telltale.of_texts(texts, labels, ["a", "b"], 0))
    return {(clue.name, clue.label): clue for clue in found}


def test_a_mark_tells_the_label_that_has_it_and_its_lack_the_other():
    found = marked(0.9, 0.2)
    has, lacks = found["the sign '*'", "a"], found["the lack of the sign '*'", "b"]
    assert ("the sign '*'", "b") not in found
    assert (has.inside, has.outside, has.kind) == (0.9, 0.2, clues.FORM)
    assert lacks.kind == clues.FORM
    assert (lacks.inside, lacks.outside) == (pytest.approx(0.8), pytest.approx(0.1))
    assert has.gain == pytest.approx(lacks.gain) == pytest.approx(0.7)
    error = np.sqrt(19 / 22 * 3 / 22 / 22 + 5 / 22 * 17 / 22 / 22)
    assert has.error == pytest.approx(error)
    assert has.least == pytest.approx(0.7 - 2 * error)
    texts, labels = ["*x", "x", "*x", "x", "x"], ["a", "a", "b", "b", "b"]
    assert has.gain_in(texts, labels) == pytest.approx(1 / 2 - 1 / 3)
    assert lacks.gain_in(texts, labels) == pytest.approx(2 / 3 - 1 / 2)


@pytest.mark.parametrize(("share", "is_looked_at"), [(0.1, True), (0.05, False)])
def test_a_mark_that_says_next_to_nothing_is_not_looked_at(share, is_looked_at):
    found = marked(share, 0.0)
    assert (("the sign '*'", "a") in found) == is_looked_at
    assert (("the lack of the sign '*'", "b") in found) == is_looked_at


def numbered(intervals):
    """Gains of the number of words, where a label has every other interval of it."""
    rows = [(place, 1 + 3 * place + row % 3) for place in range(intervals) for row in range(30)]
    texts = [" ".join("x" * size) for _, size in rows]
    labels = ["ab"[place % 2] for place, _ in rows]
    found = telltale.of_texts(texts, labels, ["a", "b"], 0)
    return {clue.label: clue for clue in found if clue.name == "the number of words"}


def test_a_label_may_be_told_by_three_intervals_of_a_number_and_not_by_more():
    told = numbered(6)
    assert told["a"].gain == told["b"].gain == 1.0
    assert told["a"].kind == clues.GUESS
    assert told["a"].gain_in(["x", "x x x x"], ["a", "b"]) == 1.0
    assert numbered(7)["a"].gain < 0.95


@pytest.mark.parametrize(("rows", "gain"), [(5, 1.0), (4, 0.0)])
def test_a_label_is_not_told_by_the_number_of_a_few_rows(rows, gain):
    texts = ["x"] * rows + ["x x"] * 30
    labels = ["b"] * rows + ["a"] * 30
    found = telltale.of_texts(texts, labels, ["a", "b"], 0)
    (clue,) = [c for c in found if (c.name, c.label) == ("the number of words", "b")]
    assert clue.gain_in(["x", "x x"], ["b", "a"]) == gain


def test_a_number_that_is_the_same_in_all_texts_tells_nothing():
    texts, labels = ["x", "x x"] * 9, ["a", "b"] * 9
    found = {clue.name for clue in telltale.of_texts(texts, labels, ["a", "b"], 0)}
    assert "the number of words" in found
    assert "the number of lines" not in found


def test_a_number_is_learned_from_two_thirds_at_a_time_and_for_other_texts_from_all(monkeypatch):
    sizes = []

    class Tree(DecisionTreeClassifier):
        def fit(self, X, y):
            sizes.append(len(y))
            return super().fit(X, y)

    monkeypatch.setattr("sklearn.tree.DecisionTreeClassifier", Tree)
    list(telltale.of_texts(["x"] * 15 + ["x x"] * 15, ["a"] * 15 + ["b"] * 15, ["a", "b"], 0))
    assert sizes[:4] == [20, 20, 20, 30]


def test_rows_of_labels_that_are_not_looked_at_are_others():
    texts = ["*x"] * 6 + ["x"] * 12
    labels = ["a"] * 3 + ["c"] * 3 + ["b"] * 12
    found = {(c.name, c.label): c for c in telltale.of_texts(texts, labels, ["a", "b"], 0)}
    clue = found["the sign '*'", "a"]
    assert (clue.inside, clue.outside) == (1.0, 0.2)
    assert {label for _, label in found} == {"a", "b"}


@pytest.mark.parametrize(("count", "is_kept"), [(2, False), (3, True)])
def test_what_a_few_texts_begin_with_is_not_looked_at(count, is_kept):
    values = ["go"] * count + ["", ""]
    texts = ["go on, there is more"] * count + ["no"] * 2
    assert ("go" in telltale._without_content(values, texts)) == is_kept


@pytest.mark.parametrize(("inner", "is_kept"), [(3, True), (4, False)])
def test_what_stands_within_texts_more_often_than_at_their_start_is_content(inner, is_kept):
    values = ["Sea"] * 3 + ["so"] * 5
    # Just beyond its own length from the start and from the end.
    texts = ["Sea of dust"] * 3 + ["off sea all"] * inner + ["so it is"] * (5 - inner)
    assert telltale._without_content(values, texts)[:3] == (["Sea"] * 3 if is_kept else [""] * 3)
    # At its other end it is no content either.
    ends = ["Sea dust"] * 3 + ["dust a sea"] * 5
    assert telltale._without_content(values, ends)[:3] == ["Sea"] * 3


@pytest.mark.parametrize(("rows", "is_kept"), [(200, False), (201, True)])
def test_a_start_is_looked_for_in_two_hundred_texts(rows, is_kept):
    texts = ["so the sea it is" if row % 2 else "so it is" for row in range(rows)]
    values = ["Sea"] * 3 + ["so"] * (rows - 3)
    # Of 201 texts every other one is read, none of which has it.
    assert ("Sea" in telltale._without_content(values, texts)) == is_kept


def test_starts_are_learned_from_two_thirds_at_a_time_and_for_other_texts_from_all(monkeypatch):
    sizes, majorities = [], telltale._majorities

    def count(values, labels, rows):
        sizes.append(len(rows))
        return majorities(values, labels, rows)

    monkeypatch.setattr(telltale, "_majorities", count)
    list(telltale.of_texts(["no it is", "yes it is"] * 12, ["a", "b"] * 12, ["a", "b"], 0))
    *parts, whole = sizes[:4]
    assert (sum(parts), whole) == (2 * 24, 24)


def test_of_labels_that_rows_with_a_start_have_the_most_frequent_counts():
    labels = np.array(["b", "a", "a", "c", "b"])
    known = telltale._majorities(["no", "no", "no", "yes", ""], labels, np.arange(5))
    assert known == {"no": "a", "yes": "c"}
    # Of as frequent ones the first.
    assert telltale._majorities(["no"] * 2, labels, np.arange(2)) == {"no": "b"}
    assert telltale._majorities(["no"] * 3, labels, np.arange(1)) == {"no": "b"}


def test_a_start_tells_the_label_that_others_with_it_have():
    labels = ["a", "b"] * 12
    texts = [f"{'no' if label == 'a' else 'yes'} {row} it is" for row, label in enumerate(labels)]
    found = {(c.name, c.label): c for c in telltale.of_texts(texts, labels, ["a", "b"], 0)}
    clue = found["the first word", "a"]
    assert (clue.inside, clue.outside, clue.kind) == (1.0, 0.0, clues.GUESS)
    assert clue.gain_in(["no, not it", "yes it is"], ["a", "b"]) == 1.0
