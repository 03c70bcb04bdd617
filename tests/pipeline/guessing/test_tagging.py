"""Texts whose parts are marked, as `maru init` tells them."""

import json

import pytest

CONLL = "EU B-ORG\nrejects O\nGerman B-MISC\ncall O\n\n"
KOREAN = "서 B-LC\n울 I-LC\n로 O\n\n"


def objects(*rows):
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def spans(text, start, end, kind="PER"):
    return {"text": text, "marks": [[start, end, kind]]}


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt", CONLL * 9, ("conll", "tokens", "tags", "given")),
        ("a.bio", KOREAN * 9, ("conll", "tokens", "tags", "characters")),
        (
            "a.jsonl",
            objects(*({"tokens": ["Ada", "met"], "ner_tags": ["B-PER", "O"]} for _ in range(9))),
            ("jsonl", "tokens", "ner_tags", "given"),
        ),
        (
            "a.jsonl",
            objects(*(spans(f"Ada met him in {n}", 0, 3) for n in range(9))),
            ("jsonl", "text", "marks", "words"),
        ),
        (
            "a.jsonl",
            objects(*(spans(f"서울에서 그를 만났다 {n}", 0, 2, "LC") for n in range(9))),
            ("jsonl", "text", "marks", "characters"),
        ),
        (
            "a.csv",
            "id,text,marks\n"
            + "".join(f'{n},Ada met {n} men,"[[0, 3, ""PER""]]"\n' for n in range(9)),
            ("csv", "text", "marks", "words"),
        ),
    ],
)
def test_words_with_tags_and_texts_with_spans_are_told(guessed, name, content, wanted):
    found = guessed(name, content)
    keys = ("data.source.kind", "task.text", "task.tags", "task.units")
    assert found["task.kind"] == "token_classification"
    assert tuple(found[key] for key in keys) == wanted


def test_spans_as_python_prints_them_are_told(guessed):
    rows = "".join(f"Ada met {n} men,\"[(0, 3, 'PER')]\"\n" for n in range(9))
    assert guessed("a.csv", f"text,marks\n{rows}")["task.tags"] == "marks"


def test_what_is_marked_is_counted_for_people(guessed):
    assert guessed("a.txt", CONLL * 9).why["task.tags"].endswith("ORG 9, MISC 9")


def test_lists_of_labels_are_no_spans(guessed):
    rows = ({"text": f"a fine film {n}", "tags": ["x", "y"][: n % 3]} for n in range(20))
    assert guessed("a.jsonl", objects(*rows))["task.kind"] == "text_multi_label"
