"""Tests of components/stand_ins.py."""

import pytest

from components import stand_ins


@pytest.mark.parametrize(
    "label",
    [
        *("nan", "NaN", "NAN", "-nan", "null", "NULL", "(null)", "[NULL]", "<NA>", "NaT", "\\N"),
        *("#N/A", "#NA", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "결측", "결측치"),
        *("ＮａＮ", "＃Ｎ／Ａ", '"NULL"', "'nan'", "“NaN”", " nan ", "\ufeffnan", "na\u200bn"),
    ],
)
def test_words_that_programs_write_for_nothing_are_never_a_class(label):
    assert stand_ins.is_never_a_class(label)


@pytest.mark.parametrize(
    "label",
    [
        *("None", "none", "NONE", "NA", "N/A", "n/a", "Ｎ／Ａ", "nil", "missing", "Unknown", "?"),
        *("undefined", "-", "--", "...", "없음", "미상", "해당 없음", "不明", "未知", "(blank)"),
    ],
)
def test_words_that_may_be_a_class_are_doubtful_only(label):
    assert not stand_ins.is_never_a_class(label)
    assert stand_ins.doubtful({"good", label, "bad"}) == [label]


@pytest.mark.parametrize(
    "labels",
    [
        *(("other", "misc"), ("0", "1"), ("nat", "NAT"), ("nano", "nullable"), ("+", "-")),
        *((".", ",", "?", "word"), ("a", "b", "-"), ("긍정", "부정"), ("😀", "😢"), ("", "x")),
        *(("<", ">", "="), ("no", "yes"), ("None of these", "unknown unknowns")),
    ],
)
def test_labels_that_say_something_are_left_alone(labels):
    assert not any(map(stand_ins.is_never_a_class, labels))
    assert stand_ins.doubtful(set(labels) - {""}) == []


@pytest.mark.parametrize(
    ("text", "says_nothing"),
    [("nan", True), ("N/A", True), ("없음", True), ("nan bread is good", False), ("a", False)],
)
def test_a_text_says_nothing_if_the_word_is_all_of_it(text, says_nothing):
    assert stand_ins.says_nothing(text) == says_nothing
