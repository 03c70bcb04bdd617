"""Tests of components/spelling.py and typos.py."""

import string

import pytest

from components import spelling, typos


def alike(labels):
    rows = labels if isinstance(labels, dict) else dict.fromkeys(labels, 10)
    return spelling.alike({"train": rows})


@pytest.mark.parametrize(
    ("labels", "difference"),
    [
        (["1", "1.0"], "number"),
        (["1", "01", "1.", "+1"], "number"),
        (["1,000", "1000"], "number"),
        (["100000", "1E+05"], "number"),
        (["3", "٣"], "number"),
        (["true", "True", "TRUE"], "capital"),
        (["Ärger", "ärger"], "capital"),
        (["good", "ｇｏｏｄ"], "full width"),
        (["3", "③"], "full width"),
        (["good", "good\u200b"], "invisible"),
        (["good", "\ufeffgood"], "invisible"),
        (["한국", "한\u00ad국"], "invisible"),
        (["good film", "good  film"], "white space"),
        (["good film", "good\u00a0film"], "white space"),
        (["good", '"good"'], "quotes"),
        (["good", "“good”"], "quotes"),
        (["don't know", "don’t know"], "quotes"),
        (["good", "['good']"], "brackets"),
        (["good", "good."], "punctuation"),
        (["foot-ball", "foot ball", "football", "foot_ball"], "hyphens"),
        (["생활 문화", "생활문화"], "spaces"),
        (["good", "gооd"], "another script"),
        (["긍정", "ㄱㅡㅇㅈㅓㅇ"], "Hangul"),
        (["Sports & Leisure", "Sports &amp; Leisure"], "HTML"),
        (["good", "Good\u200b"], "invisible characters and capital letters"),
    ],
)
def test_spellings_of_one_label_are_found_with_what_differs(labels, difference):
    (found,) = alike([*labels, "else"])
    assert set(found.spellings) == set(labels)
    assert difference in found.difference


@pytest.mark.parametrize(
    "labels",
    [
        ["true", "false", "1", "0"],
        ["yes", "no", "Y", "N"],
        ["positive", "negative", "긍정", "부정"],
        ["true", "false", "1"],
    ],
)
def test_two_pairs_of_words_for_yes_and_no_are_found(labels):
    assert alike(labels)[0].difference == "words for yes and no"


@pytest.mark.parametrize(
    "rows",
    [
        {"sports": 19, "sprots": 1},
        {"positive": 30, "postive": 2},
        {"negative": 100, "negattive": 4},
        {"긍정": 30, "긍졍": 1},
        {"cat": 40, "cats": 2},
        {"Sports News": 40, "Sports Mews": 1, "Sports Newz": 1},
    ],
)
def test_rare_labels_with_a_typing_error_are_found(rows):
    found = alike(rows)
    if "Sports News" in rows:
        assert found == []  # Short words, and the first letter, are not judged.
    else:
        assert found[0].spellings == tuple(rows)


def test_a_typing_error_need_not_be_rare_where_train_lacks_it():
    rows = {"train": {"negative": 20, "positive": 20}, "test": {"negatve": 20}}
    (found,) = spelling.alike(rows)
    assert found.spellings == ("negative", "negatve")


@pytest.mark.parametrize(
    "labels",
    [
        string.digits,
        "12345",
        string.ascii_letters + string.digits,
        "KQRBNPkqrbnp",
        "αaβb",
        ["-1", "0", "1"],
        ["v1.0", "v1.1", "v1.10"],
        ["3.1", "3.10", "3.11"],
        ["1.0", "1.5", "2.0", "2.5"],
        ["cat", "cats"],
        ["positive", "negative", "neutral"],
        ["male", "female"],
        ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"],
        ["book_flight", "book_hotel", "cancel", "cancel_order", "pin_change", "change_pin"],
        [f"intent_{number}" for number in range(150)],
        ["250.0", "250.00", "250.01", "A00", "A00.1", "A01", "B00.1"],
        ["긍정", "부정", "경제", "경찰", "정치", "사회", "생활/문화", "세계", "IT/과학"],
        ["2024-01-01", "2024-01-10", "2024-10-01", "20240-1-01"],
        ["A", "A-", "A+", "B", "B-", "B+", "C", "C++", "C#"],
        ["class_a", "class_b", "class_ab", "typeA", "typeB"],
        ["B-PER", "I-PER", "B-LOC", "O"],
        ["😀", "😁", "❤", "🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0066\U000e0072\U000e007f"],
        ["か", "が", "は", "ば", "ぱ"],
        ["сор", "мир", "вода"],
        {"typical": 900, "atypical": 3, "benign": 40},
        {"group a": 900, "group b": 3},
        {"groupa": 900, "groupb": 3, "groupc": 30},
        {"house": 500, "horse": 100},
        {"earn": 3000, "corn": 10, "sun-oil": 3, "soy-oil": 60},
        {"경제": 1000, "경찰": 2},
    ],
    ids=lambda labels: repr(labels)[:40],
)
def test_labels_that_differ_are_left_alone(labels):
    assert alike(labels) == []


def test_the_label_to_keep_has_training_rows_and_most_of_them():
    rows = {"train": {"Good": 3, "good": 9}, "test": {"GOOD": 50, "bad": 4}}
    (found,) = spelling.alike(rows)
    assert found.spellings == ("good", "Good", "GOOD")
    assert spelling.describe(found, rows) == (
        "'good' (train 9), 'Good' (train 3), 'GOOD' (test 50): capital letters"
    )
    assert spelling.mend(found) == "rename 'Good', 'GOOD' to 'good'"


def test_letters_that_look_the_same_are_shown_as_codes():
    (found,) = alike(["good", "gооd"])
    assert "'g\\u043e\\u043ed'" in spelling.describe(found, {"train": {"good": 1, "gооd": 1}})


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("a\u200bb", "'a\\u200bb'"),
        ("\\N", "'\\N'"),
        ("it's", '"it\'s"'),
        ("a\tb\x1b[31m", "'a\\tb\\x1b[31m'"),
        ("한글 ❤️", "'한글 ❤️'"),
        ("x" * 100, f"'{'x' * 59}…'"),
        ("__proto__", "'__proto__'"),
    ],
)
def test_labels_are_shown_on_one_line_with_what_nobody_sees(label, shown):
    assert spelling.shown(label) == shown


def test_very_many_and_very_long_labels_take_no_time():
    many = [f"{number:x}" * 2 for number in range(20_000)]
    assert alike([*many, "x" * 1_000_000, "X" * 1_000_000]) == []
    long = {f"{'word' * 19}{a}{b}": 1 for a in "abcdefghij" for b in "klmnopqrst"}
    assert list(typos.find({"a" * 30 + "b" * 40: 100, **long}, {})) == []
