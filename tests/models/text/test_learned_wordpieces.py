"""Pieces that are learned for WordPiece."""

import random

import keras_hub
import pytest

from models.text import learned_wordpieces

SPECIAL = ("[PAD]", "[UNK]")


def learn(lines, size=60, lowercase=True):
    return learned_wordpieces.learn(lines, size, lowercase, SPECIAL)


def test_neighbours_that_occur_most_often_are_joined_first():
    # By hand: l-o occurs 7 times, and what is joined of it with w 3 times.
    spelled = [*SPECIAL, "l", "o", "w", "##l", "##o", "##w"]
    lines = ["lo lo lo lo", "low low low"]
    assert learn(lines, size=9) == [*spelled, "lo"]
    assert "low" in learn(lines) and "##lo" not in learn(lines)


def test_signs_are_words_and_case_is_folded_or_kept():
    lines = ["Haus,Haus! straße. 中文中文"] * 9
    folded, kept = learn(lines), learn(lines, lowercase=False)
    assert {"haus", "strasse", "中", "文", ",", "!"} <= set(folded)
    assert {"Haus", "straße"} <= set(kept) and "haus" not in kept
    assert not any("," in piece.removeprefix("##") and len(piece) > 3 for piece in folded)
    assert "中文" not in folded


def test_accents_that_stand_alone_stay_in_their_word():
    assert "cafe\u0301" in learn(["cafe\u0301 cafe\u0301"] * 9)


@pytest.mark.parametrize("seed", range(5))
def test_every_word_of_common_characters_is_spelled_without_the_unknown_piece(seed):
    draw = random.Random(seed)
    signs = "abcdéß가나다ㄱ\u1100\u1161é0123-#▁▅ı\U000f0001\U000f0002"
    lines = ["".join(draw.choice(signs + " " * 9) for _ in range(80)) for _ in range(40)]
    pieces = learn(lines, size=200)
    assert len(pieces) == len(set(pieces)) <= 200
    tokenizer = keras_hub.tokenizers.WordPieceTokenizer(pieces, lowercase=True, oov_token="[UNK]")
    assert not any(1 in ids for ids in tokenizer(lines))


def test_the_same_texts_in_another_order_give_the_same_pieces():
    lines = [f"word{n % 7} and other{n % 5} things{n % 3}" for n in range(200)]
    assert learn(lines) == learn(lines[::-1])


def test_the_size_is_that_which_was_asked_for_where_there_are_as_many():
    lines = [" ".join(f"{a}{b}{c}" for a in "abcde" for b in "fghij" for c in "klmno")] * 3
    assert len(learn(lines, size=100)) == 100


@pytest.mark.parametrize("line", ["a b c", "a", "▁", "\U000f0000x"])
def test_where_nothing_can_be_joined_characters_are_learned_alone(line):
    signs = sorted(set(line) - {" "})
    assert learn([line])[: 2 + 2 * len(signs)] == [*SPECIAL, *signs, *(f"##{s}" for s in signs)]


def test_a_null_character_is_no_piece():
    pieces = learn(["low \0 lo\0w low"] * 9)
    assert "low" in pieces and not any("\0" in piece for piece in pieces)
    tokenizer = keras_hub.tokenizers.WordPieceTokenizer(pieces, oov_token="[UNK]")
    assert pieces.index("low") in tokenizer(["low \0"])[0]


def test_words_as_long_as_whole_texts_are_no_hindrance():
    assert "house" in learn(["a" * 5000 + " house"] * 9)
