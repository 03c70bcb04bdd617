"""Tests of components/ingest/answer_cells.py: answers as files of others hold them."""

import json
import unicodedata

import pytest

from components.ingest import answer_cells, row

CONTEXT = "서울 is the capital. It has 10 million people; 서울 is old. 👍 ok"


def of(cell, context=CONTEXT):
    return answer_cells.of_cell(cell, context, "answers")


@pytest.mark.parametrize(
    "cell",
    [
        [{"text": "capital", "answer_start": 10}],
        [{"text": "capital", "answer_start": 10.0, "answer_id": 7}],
        {"text": ["capital"], "answer_start": [10]},
        {"text": ["capital", "capital"], "answer_start": [10, 10]},
        {"text": "capital", "start": 10},
        '[{"text": "capital", "answer_start": 10}]',
        '{"text": ["capital"], "answer_start": [10]}',
        "[{'text': 'capital', 'answer_start': 10}]",
        ["capital"],
        '["capital"]',
        "capital",
    ],
)
def test_every_form_gives_the_same_answer(cell):
    assert of(cell) == [(10, 17, "capital")]


def test_several_answers_keep_their_order_each_once():
    cell = [{"text": t, "answer_start": s} for t, s in (("10 million", 26), ("10", 26), ("10", 26))]
    assert [text for _, _, text in of(cell)] == ["10 million", "10"]


def test_places_count_code_points():
    ((start, end, text),) = of([{"text": "ok", "answer_start": CONTEXT.index("ok")}])
    assert (CONTEXT[start:end], text) == ("ok", "ok")


def test_a_text_alone_stands_at_its_first_place_and_a_hint_at_another():
    assert of("서울") == [(0, 2, "서울")]
    assert of({"text": "서울", "answer_start": 45})[0][0] == 45


@pytest.mark.parametrize("cell", [None, "", "  ", [], "[]", {"text": [], "answer_start": []}, [""]])
def test_nothing_is_no_answer(cell):
    assert of(cell) == []


def test_a_text_in_brackets_that_is_no_list_is_an_answer():
    assert of("[1] here", "see [1] here") == [(4, 12, "[1] here")]
    assert of("{x}", "a {x}") == [(2, 5, "{x}")]


def test_white_space_within_an_answer_counts_as_one_space():
    assert of("a\tb\n c", "x a\tb\n c") == [(2, 8, "a b c")]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("Busan", "is 'Busan', which the context does not hold"),
        (unicodedata.normalize("NFD", "서울"), "which the context does not hold"),
        ([{"text": "capital", "answer_start": 11}], "'capital' at 11, but there the context has"),
        ([{"text": "capital", "answer_start": 11}], "it stands at 10, counted in code points"),
        ([{"text": "capital", "answer_start": -3}], "it stands at 10"),
        ([{"text": "capital", "answer_start": "10"}], "answers are a text, or lists of `text`"),
        ([{"answer_start": 10}], "answers are a text, or lists of `text`"),
        ({"text": ["a", "b"], "answer_start": [1]}, "has 2 texts, but 1 starts"),
        (7, "holds 7; answers are a text"),
        ([[3, 4]], "holds 3; answers are a text"),
        (b"x", "answers are a text"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(cell, told):
    with pytest.raises(row.BadRow) as caught:
        of(cell)
    assert told in str(caught.value)


def test_long_answers_are_shortened_in_errors():
    with pytest.raises(row.BadRow, match="x{40}…'"):
        of(json.dumps(["x" * 500]))
