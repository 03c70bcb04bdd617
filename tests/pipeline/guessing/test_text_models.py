"""Which model of texts is guessed, and how long its inputs are."""

import dataclasses

import pytest

from models import zoo
from pipeline.guessing import text_models
from pipeline.guessing.column import Column
from pipeline.guessing.wording import Line

ENGLISH = "it is one of the films that you have to see"
GERMAN = "das ist einer der Filme die man gesehen haben muss"
KOREAN = "꼭 봐야 하는 영화 가운데 하나이다"
CHINESE = "这是一部必须看的电影"


def fields(texts, rows, columns=1):
    """`model` and `training` of a guess, as their lines have them."""
    made = tuple(Column(f"text{place}", tuple(texts)) for place in range(columns))
    found = text_models.lines(text_models.Texts(made, rows))
    return {line.key: line.value for line in found if isinstance(line, Line)}


@pytest.mark.parametrize(
    ("text", "rows", "columns", "kind", "tokenizer"),
    [
        (ENGLISH, 19_000, 1, "pretrained_text", None),
        (ENGLISH, 21_000, 1, "text_cnn", "words"),
        (GERMAN, 300, 1, "bag_of_words", "words"),
        (GERMAN, 3_000, 1, "text_cnn", "words"),
        (KOREAN, 300, 1, "bag_of_words", "characters"),
        (KOREAN, 3_000, 1, "text_cnn", "unigram"),
        (KOREAN, 300, 2, "text_cnn", "unigram"),
        (CHINESE, 3_000, 1, "text_cnn", "characters"),
        ("car", 300, 2, "pretrained_text", None),
    ],
)
def test_language_and_rows_decide(text, rows, columns, kind, tokenizer):
    found = fields([text] * 7, rows, columns)
    assert found["model.kind"] == kind
    assert found.get("model.tokenizer") == tokenizer


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, KOREAN, CHINESE])
@pytest.mark.parametrize("rows", [30, 30_000])
def test_the_zoo_takes_what_is_guessed(text, rows):
    found = fields([text] * 7, rows)
    config = zoo.MODELS[found["model.kind"]].config
    names = {field.name for field in dataclasses.fields(config)}
    own = {key.removeprefix("model."): v for key, v in found.items() if key.startswith("model.")}
    assert set(own) <= names


def test_the_length_is_that_of_all_but_the_longest_texts():
    texts = ["a b c d e f g h i j"] * 95 + ["a " * 300] * 5
    assert fields(texts, 50_000)["model.sequence_length"] == 16


def test_two_texts_share_the_length():
    texts = ["it is the one " * 10] * 5
    assert fields(texts, 500, 2)["model.sequence_length"] == 112


def test_very_long_texts_are_cut():
    assert fields(["it is the one " * 500] * 5, 500)["model.sequence_length"] == 256
