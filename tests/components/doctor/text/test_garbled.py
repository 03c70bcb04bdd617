"""Tests of where components/doctor/text/garbled.py begins to call characters garbled."""

import pytest

from components.doctor.text import garbled


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # In Windows-1251 the bytes of "è" are two letters, which a Cyrillic text may hold, too.
        ("ГЁ", None),
        ("ГЁГЁ", ("ГЁГЁ", "èè")),
        ("crГЁme", ("rГЁm", "rèm")),
        ("cr ГЁ", None),
        ("crГЁ", ("rГЁ", "rè")),
        ("ГЁme", ("ГЁm", "èm")),
    ],
)
def test_two_letters_of_another_script_are_garbled_in_a_word_and_four_anywhere(text, found):
    assert garbled.mend(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("éé§§§§", ("éé§§§§", "")),  # A third of them are letters.
        ("éé§§§§§", None),
        ("ééé§", ("ééé§", "")),
        ("ééé", None),
    ],
)
def test_four_signs_beyond_ascii_of_which_a_third_are_letters_are_garbled(text, found):
    assert garbled.mend(text) == found


@pytest.mark.parametrize(
    ("text", "found"), [("a가b so", None), ("a가b, c나d", ("a가b", "")), ("a가 나b", None)]
)
def test_two_words_that_mix_scripts_are_garbled(text, found):
    assert garbled.mend(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("뷁뷁가나다라마바사아", ("뷁뷁", "")),  # A fifth of the syllables are hardly ever written.
        ("뷁뷁가나다라마바사아자", None),
        ("뷁", None),
        ("뷁뷁", ("뷁뷁", "")),
    ],
)
def test_two_syllables_that_no_korean_writes_are_garbled_if_they_are_a_fifth(text, found):
    assert garbled.mend(text) == found


@pytest.mark.parametrize(
    ("text", "broken", "is_found"),
    [
        ("벒첸", 0, False),
        ("꿨⇧찻랊", 0, True),  # Three signs and an arrow.
        ("뱉챰뽛큿", 0, True),
        ("뱉챰뽛큿", 1, True),  # Two of six are broken.
        ("뱉챰뽛큿", 2, False),
    ],
)
def test_three_east_asian_signs_must_come_out_and_two_thirds_be_whole(text, broken, is_found):
    # A sign that was right before is two broken ones after.
    run = text.encode().decode("cp949") + "가" * broken
    mended = garbled._original(run, False)
    assert mended == (text + "\ufffd\ufffd" * broken if is_found else None)
