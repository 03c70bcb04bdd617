"""Cells with tags or spans, as spans of the text."""

import json

import pytest

from components import records
from components.ingest import config, encode, row, spans, tfexample

WORDS = ["Ada", "Lovelace", "met", "Charles", "Babbage", "in", "London"]
TEXT = " ".join(WORDS)
FOUND = [(0, 12, "PER"), (17, 32, "PER"), (36, 42, "LOC")]
SCHEMES = {
    "IOB2": "B-PER I-PER O B-PER I-PER O B-LOC",
    "IOB1": "I-PER I-PER O I-PER I-PER O I-LOC",
    "BIOES": "B-PER E-PER O B-PER E-PER O S-LOC",
    "BILOU": "B-PER L-PER O B-PER L-PER O U-LOC",
    "underscores": "B_PER I_PER O B_PER I_PER O B_LOC",
}
SPANS = {
    "doccano": [[0, 12, "PER"], [17, 32, "PER"], [36, 42, "LOC"]],
    "doccano with offsets": [
        {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 12},
        {"id": 2, "label": "LOC", "start_offset": 36, "end_offset": 42},
        {"id": 3, "label": "PER", "start_offset": 17, "end_offset": 32},
    ],
    "Label Studio": [
        {"start": 0, "end": 12, "text": "Ada Lovelace", "labels": ["PER"]},
        {"start": 17, "end": 32, "text": "Charles Babbage", "labels": ["PER"]},
        {"value": {"start": 36, "end": 42, "text": "London", "labels": ["LOC"]}},
    ],
    "Hugging Face": [
        {"entity_group": "PER", "start": 0, "end": 12, "word": "Ada Lovelace", "score": 1.0},
        {"entity_group": "PER", "start": 17, "end": 32, "word": "Charles Babbage", "score": 1.0},
        {"entity_group": "LOC", "start": 36, "end": 42, "word": "London", "score": 0.9},
    ],
}


def of(cell, words=None, text=TEXT, joiner=" "):
    return spans.of_cell(cell, words, text, joiner, "tags")


@pytest.mark.parametrize("tags", SCHEMES.values(), ids=SCHEMES)
def test_every_scheme_of_tags_gives_the_same_spans(tags):
    assert of(tags.split(), WORDS) == of(tags) == FOUND


@pytest.mark.parametrize("cell", SPANS.values(), ids=SPANS)
def test_spans_are_read_as_annotation_tools_write_them(cell):
    assert of(cell) == of(json.dumps(cell)) == FOUND


def test_neighbours_of_one_type_are_parted_by_a_begin_only():
    assert of("B-A B-A I-A I-B", text="a b c d") == [(0, 1, "A"), (2, 5, "A"), (6, 7, "B")]


def test_plain_tags_mark_each_word_alone():
    assert of("NOUN NOUN VERB", text="a bc d") == [(0, 1, "NOUN"), (2, 4, "NOUN"), (5, 6, "VERB")]


def test_a_type_may_have_hyphens():
    assert of("B-work-of-art I-work-of-art", text="a b") == [(0, 3, "work-of-art")]


def test_characters_with_tags_include_the_spaces_between():
    found = of(["B-LC", "I-LC", "O", "O"], list("서울 로"), "서울 로", "")
    assert found == [(0, 2, "LC")]


def test_no_spans_and_no_tags_but_outside_are_nothing():
    assert of([]) == of("[]") == of("O O O", text="a b c") == []


def test_white_space_at_the_ends_of_a_span_is_not_part_of_it():
    assert of([[3, 13, "PER"]]) == [(4, 12, "PER")]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (None, r"`tags` is empty; write \[\] where a text has no entity"),
        (" ", "`tags` is empty"),
        ("B-PER O", "has 2 tags, but the text has 7 words"),
        ([[0, 3, "PER"], [2, 8, "LOC"]], "spans that overlap: PER 'Ada' .0 to 3. and LOC"),
        ([[0, 99, "PER"]], "from 0 to 99, but the text has 42 characters"),
        ([[5, 5, "PER"]], "from 5 to 5"),
        ([[0, 3]], "no tag and no span; expected an object with start, end and label"),
        ([{"start": 0, "end": 3}], "without two whole numbers and one label"),
        ([{"start": 0.5, "end": 3, "label": "A"}], "without two whole numbers"),
        ([{"start": 1, "end": 4, "label": "PER", "text": "Ada"}], "'Ada' stands at 1 to 4, but"),
        (["O", [0, 3, "PER"]], "mixes tags and spans"),
        ({"start": 0}, "a list of tags or of spans is expected"),
        ("[{not json", "begins as a list but is none"),
        ("['B-PER' 'O']", "a list without commas, as NumPy prints it"),
    ],
)
def test_a_cell_that_is_neither_is_refused_with_what_it_holds(cell, message):
    with pytest.raises(row.BadRow, match=message):
        of(cell)


def encoded(values, units="words"):
    joiner = {"given": " ", "words": " ", "characters": ""}[units]
    features = [
        config.Feature("text", "text", joiner=joiner),
        config.Feature("tags", "spans", within="text"),
    ]
    return tfexample.parse(encode.encode(row.Row(values, "here:1"), features, None).example)


def test_a_list_of_words_becomes_a_text():
    found = encoded({"text": WORDS, "tags": SCHEMES["IOB1"]})
    assert found["text"] == TEXT.encode()
    assert records.target("spans", found["tags"]) == tuple(FOUND)


def test_lists_are_read_from_text_as_json_and_python_write_them():
    tags = SCHEMES["IOB2"].split()
    for write in (json.dumps, repr):
        assert encoded({"text": write(WORDS), "tags": write(tags)}) == encoded(
            {"text": WORDS, "tags": tags}
        )
    signs = {"text": repr(["서", " ", "울"]), "tags": repr(["B-A", "O", "O"])}
    spaced = encoded(signs, "characters")
    assert spaced["text"] == "서 울".encode()


def test_a_text_that_begins_with_a_bracket_is_a_text():
    for text in ("[1] shows it", "[1]", "['a'] and ['b'] differ", "[]"):
        assert encoded({"text": text, "tags": "[]"})["text"] == text.encode()


def test_words_as_numpy_prints_them_are_refused():
    with pytest.raises(row.BadRow, match="`text` is a list without commas"):
        encoded({"text": "['EU' 'rejects']", "tags": "['B-ORG' 'O']"})


def test_a_word_with_white_space_is_refused():
    with pytest.raises(row.BadRow, match=r"`text\[1\]` is 'a b'; a word is not empty"):
        encoded({"text": ["x", "a b"], "tags": "O O"})


def test_a_span_within_a_word_is_refused_and_what_helps_is_told():
    with pytest.raises(row.BadRow, match=r"ends within a word .*task.units: characters"):
        encoded({"text": "서울에서", "tags": [[0, 2, "LOC"]]})
    encoded({"text": "서울에서", "tags": [[0, 2, "LOC"]]}, "characters")


def test_other_tasks_take_no_lists_of_words():
    features = [config.Feature("text", "text"), config.Feature("label", "category")]
    with pytest.raises(row.BadRow, match="holds a list"):
        encode.encode(row.Row({"text": ["a"], "label": "x"}, "here:1"), features, None)
