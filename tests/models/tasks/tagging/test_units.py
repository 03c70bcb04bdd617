"""What a text's units are, and where they stand."""

import unicodedata

import pytest
import tensorflow as tf

from models.tasks.tagging import units

TEXTS = [
    "U.S. officials met John O'Neill (AT&T) in Seoul-Korea, e.g. at 3.5. It's 1,000.5!",
    "",
    " \t ",
    "서울에서 김철수가 왔다.",
    unicodedata.normalize("NFD", "서울에서 é"),
    "👩‍💻 hi 👍🏽!",
    "a\u0301b x\u200by",
    "\u0301x",
    "한국\n은행\r\n",
    "x" * 3000 + " y",
]


def words(text, kind):
    return [word.decode() for word in units.split(tf.constant([text]), kind).words[0].numpy()]


@pytest.mark.parametrize("kind", ["given", "words", "characters"])
def test_a_unit_is_what_stands_at_its_place_in_the_text(kind):
    found = units.split(tf.constant(TEXTS), kind)
    again = units.cut_out(tf.constant(TEXTS), found.starts, found.ends)
    assert again.to_list() == found.words.to_list()
    for text, each, starts, ends in zip(
        TEXTS, found.words.to_list(), found.starts.to_list(), found.ends.to_list(), strict=True
    ):
        assert [text[a:b] for a, b in zip(starts, ends, strict=True)] == [w.decode() for w in each]
        assert starts == sorted(starts)


@pytest.mark.parametrize("kind", ["given", "words", "characters"])
def test_a_text_has_the_same_units_alone_and_among_others(kind):
    together = units.split(tf.constant(TEXTS), kind).words.to_list()
    assert [units.split(tf.constant([t]), kind).words.to_list()[0] for t in TEXTS] == together


def test_words_keep_signs_between_letters_and_part_with_others():
    assert words(TEXTS[0], "words") == [
        *("U.S.", "officials", "met", "John", "O", "'", "Neill", "(", "AT&T", ")", "in"),
        *("Seoul-Korea", ",", "e.g.", "at", "3.5", ".", "It", "'", "s", "1,000.5", "!"),
    ]


def test_given_words_stand_between_white_space():
    assert words("(AT&T) in\tSeoul,\u3000Korea", "given") == ["(AT&T)", "in", "Seoul,", "Korea"]


def test_characters_are_what_people_take_for_one():
    decomposed = unicodedata.normalize("NFD", "서울 é")
    assert [unicodedata.normalize("NFC", c) for c in words(decomposed, "characters")] == [
        *("서", "울", "é"),
    ]
    assert words("👩‍💻 👍🏽!", "characters") == ["👩‍💻", "👍🏽", "!"]


def test_an_invisible_space_parts_words():
    assert words("x\u200by", "words") == ["x", "y"]


def test_every_sign_that_can_be_seen_is_in_a_unit():
    signs = [chr(code) for code in range(32, 0x2000) if not chr(code).isspace()]
    seen = [s for s in signs if unicodedata.category(s)[0] not in "CZ"]
    text = " ".join(seen)
    for kind in ("given", "words", "characters"):
        assert "".join(words(text, kind)) == text.replace(" ", "")
