"""Questions with answers in a text, as `maru init` tells them."""

import json

import pytest

from components.ingest import errors

LONG = " A long day." * 30


def squad(*answers, title="T"):
    asked = [{"id": "1", "question": f"Who sings {n}?", "answers": [*answers]} for n in range(9)]
    paragraphs = [{"context": f"Ada sings in 부산.{LONG}", "qas": asked}]
    return json.dumps({"version": "1.1", "data": [{"title": title, "paragraphs": paragraphs}]})


def rows(cell, context="Ada sings"):
    made = (
        {"query": f"Who is {n}?", "text": f"{context} {n}.{LONG}", "found": cell} for n in range(9)
    )
    return "".join(f"{json.dumps(one)}\n" for one in made)


ADA = {"text": "Ada", "answer_start": 0}


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.json", squad(ADA), ("squad", "question", "context", "answers", "title")),
        ("a.jsonl", rows([ADA]), ("jsonl", "query", "text", "found", "text")),
        (
            "a.jsonl",
            rows({"text": ["Ada"], "answer_start": [0]}),
            ("jsonl", "query", "text", "found", "text"),
        ),
        ("a.jsonl", rows("Ada"), ("jsonl", "query", "text", "found", "text")),
        (
            "a.csv",
            "question,passage,answer,title\n"
            + "".join(f"Who sings {n}?,Ada sings {n}.{LONG},Ada,T\n" for n in range(9)),
            ("csv", "question", "passage", "answer", "title"),
        ),
    ],
)
def test_questions_with_answers_in_a_text_are_told(guessed, name, content, wanted):
    found = guessed(name, content)
    keys = ("source.kind", "question", "context", "answers", "split.group")
    prefixes = ("data.", "task.", "task.", "task.", "data.")
    assert found["task.kind"] == "question_answering"
    assert tuple(found[p + k] for p, k in zip(prefixes, keys, strict=True)) == wanted
    assert found["model.kind"] == "pretrained_text"
    assert "task.units" not in found and "task.unanswerable" not in found


def test_contexts_without_an_answer_are_counted(guessed):
    found = guessed("a.jsonl", rows([ADA]) + rows([]))
    assert found["task.unanswerable"] is True
    assert found.why["task.unanswerable"].startswith("9 rows")


def test_korean_is_read_by_characters_and_from_scratch(guessed):
    text = "아다는 부산에서 오래 노래를 부른다. " * 9
    content = "".join(
        f"{json.dumps({'질문': f'누가 부르나 {n}?', '글': text, '답': '아다'})}\n" for n in range(9)
    )
    found = guessed("a.jsonl", content)
    assert (found["task.units"], found["model.kind"]) == ("characters", "transformer")


@pytest.mark.parametrize("cell", ["positive", {"text": ["Eve"], "answer_start": [0]}])
def test_answers_that_stand_nowhere_are_no_such_table(guessed, cell):
    with pytest.raises(errors.DataError, match="no column that could be learned"):
        guessed("a.jsonl", rows(cell))
