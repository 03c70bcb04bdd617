"""Tests of components/augment/text/words.py and draws.py."""

import unicodedata

import numpy as np
import pytest

from components.augment.text import draws, words
from tests.components.korean_pieces import train

TEXTS = [
    "",
    " ",
    "word",
    "The quick brown Fox, who can't jump, fell. It's bad!",
    "  two  spaces\nand\ta break\r\n\n end ",
    "\n",
    "😀 👍🏽 👩‍👩‍👧 great",
    "다시 보고 싶다.",
    unicodedata.normalize("NFD", "다시 보고 싶다. é"),
    "a\u00a0b\u2028c",
    "¿Qué? (no) `code` — x",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_taken_apart_is_put_together_again(text):
    found = words.by_spaces([text])[0]
    assert words.join(found, found.tokens.copy()) == text


def taken(text):
    found = words.by_spaces([text])[0]
    return [words.affixes(found.tokens[place]).word for place in found.places]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXTS[3], ["the", "quick", "brown", "Fox", "who", "can't", "jump", "fell", "It's", "bad"]),
        (TEXTS[4], ["two", "spaces", "and", "a", "break", "end"]),
        (TEXTS[6], ["😀", "👍🏽", "👩‍👩‍👧", "great"]),
        (TEXTS[10], ["qué", "no", "code", "x"]),
        ("!!! ... -", []),
        ("does n't , well-known", ["does", "n't", "well-known"]),
    ],
)
def test_words_stand_between_spaces_without_punctuation(text, expected):
    assert taken(text) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The end", "the"),
        ("I am", "I"),
        ("NASA is", "NASA"),
        ("iPhone", "iPhone"),
        ("(It is", "it"),
    ],
)
def test_only_a_sentence_capital_is_taken_from_the_first_word(text, first):
    assert taken(text)[0] == first


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_word_that_ends_a_korean_sentence_does_not_move(form):
    text = "좋은 영화지만, 결말이 아쉬웠다. 다시 보고 싶다"
    found = words.by_spaces([unicodedata.normalize(form, text)])[0]
    still = [found.tokens[place] for place in found.places if place not in found.movable]
    assert [unicodedata.normalize("NFC", word) for word in still] == ["아쉬웠다.", "싶다"]


def still(split, text):
    (found,) = split([text])
    return "".join(found.tokens[place] for place in found.places if place not in found.movable)


AFTER = ["😀", "^^", "♥", "ㅋㅋㅋ", "ㅠㅠ", "ㄹㅇ", "(5점)", "10/10", "good", "(강추)!"]
AFTER += ["ㅋㅋ 😀 ♥ 10/10"]


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_end_of_a_korean_sentence_stays_whatever_follows(after, form):
    text = unicodedata.normalize(form, f"배우 연기가 정말 좋았다 {after}")
    (found,) = words.by_spaces([text])
    assert list(found.movable) == [0, 1, 2]


@pytest.mark.parametrize(
    "end", [".", "~", "!!", "ㅋㅋ", " ㅋㅋㅋ", "ㅠㅠ", " ㅠㅠ", "^^", '."', "\n"]
)
def test_korean_sentences_end_at_marks(end):
    (found,) = words.by_spaces([f"연기가 좋았다{end} 음악도 나빴다"])
    assert [found.tokens[place] for place in found.movable] == ["연기가", "음악도"]


def test_english_sentences_beside_korean_ones_move():
    assert still(words.by_spaces, "Great film v1.5! 정말 좋았다. I loved it.") == "좋았다."


def test_long_runs_of_marks_are_fast():
    texts = [f"가{mark * 200_000}나" for mark in ".(^)"]
    assert not any(found.movable for found in words.by_spaces(texts))


def test_every_word_of_other_languages_moves():
    for text in (TEXTS[3], TEXTS[6], "Très bon. Fin."):
        found = words.by_spaces([text])[0]
        assert list(found.movable) == list(found.places)


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    return words.load_pieces(train(tmp_path_factory.mktemp("pieces")))


@pytest.mark.parametrize(
    "text", ["영화가 좋다. 다시  보고 싶다", "", "unknown 😀 영화는\n", " 영화"]
)
def test_pieces_are_put_together_again(processor, text):
    found = words.by_pieces(processor)([text])[0]
    assert words.join(found, found.tokens.copy()) == text


def test_pieces_are_smaller_than_words_and_the_last_eojeol_stays(processor):
    text = "영화가 다시 보고 싶다"
    found = words.by_pieces(processor)([text])[0]
    assert len(found.places) > len(text.split())
    for after in ("", " 😀", " ㅋㅋㅋ", "~", " (7)", " good"):
        assert still(words.by_pieces(processor), text + after).startswith("싶다")
    both = "영화는 좋다~ 다시 보고 싶다"
    assert still(words.by_pieces(processor), both).replace("~", "") == "좋다싶다"


def test_words_enter_among_pieces_where_an_eojeol_starts(processor):
    (found,) = words.by_pieces(processor)([" (영화가) 다시,  ! 보고\n싶다"])
    starts = ["".join(found.tokens[place:])[:2] for place in found.starts]
    assert starts == ["(영", "다시", "보고", "싶다"]


def test_a_file_that_is_no_sentencepiece_model_is_refused(tmp_path):
    path = tmp_path / "x.model"
    path.write_bytes(b"not a model")
    for place in (path, tmp_path / "none.model"):
        with pytest.raises(ValueError, match="cannot be read as a SentencePiece model"):
            words.load_pieces(place)


def test_keys_tell_seed_label_and_text_apart():
    rows = [
        (0, "a", "b"),
        (1, "a", "b"),
        (0, "b", "b"),
        (0, "ab", ""),
        (0, "", "ab"),
        (0, "a", "\ud800"),
    ]
    keys = [int(draws.keys(seed, [label], [text])[0]) for seed, label, text in rows]
    assert len(set(keys)) == len(rows)


def test_numbers_depend_on_their_text_alone():
    keys = draws.keys(3, ["x"] * 4, ["a", "b", "c", "a"])
    states = draws.states(keys, "swap", np.array([0, 0, 1, 0]))
    numbers = draws.uniform(states, np.array([2, 0, 3, 2]))
    assert numbers.shape == (7,)
    assert numbers[:2].tolist() == numbers[5:].tolist()
    assert draws.uniform(states[2:3], np.array([3])).tolist() == numbers[2:5].tolist()
    others = [
        draws.states(keys, "swap", np.ones(4, int)),
        draws.states(keys, "x", np.zeros(4, int)),
    ]
    assert states[0] not in [other[0] for other in others]


def test_numbers_are_uniform():
    states = draws.states(np.arange(100, dtype=np.uint64), "x", np.zeros(100, int))
    numbers = draws.uniform(states, np.full(100, 500))
    counts, _ = np.histogram(numbers, 20, (0, 1))
    # Chi-squared with 19 degrees of freedom: below 43.8 in 99.9 % of cases.
    assert ((counts - 2500) ** 2 / 2500).sum() < 43.8
