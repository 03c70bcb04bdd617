"""The simple model of marked texts."""

from components.baseline import phrases


def found(trained, text):
    rows = [(one.encode(),) for one, _ in trained]
    (answer,) = phrases.known(rows, [spans for _, spans in trained], [(text.encode(),)])
    spans = zip(answer["start"], answer["end"], answer["entity_group"], strict=True)
    return [(text[start:end], kind) for start, end, kind in spans]


TRAINED = [
    ("Ada Lovelace met Ada", [(0, 12, "PER"), (17, 20, "PER")]),
    ("Bo in Bo", [(0, 2, "PER"), (6, 8, "LOC")]),
    ("서울에서", [(0, 2, "LOC")]),
]


def test_the_longest_known_phrase_is_marked():
    assert found(TRAINED, "Ada Lovelace, Ada.") == [("Ada Lovelace", "PER"), ("Ada", "PER")]


def test_phrases_of_several_types_are_not_marked():
    assert found(TRAINED, "Bo met Ada") == [("Ada", "PER")]


def test_parts_of_words_are_not_marked_but_before_korean_particles():
    assert found(TRAINED, "Adam, 서울로, 한서울") == [("서울", "LOC")]


def test_a_text_without_any_has_none():
    assert found(TRAINED, "") == []
    assert phrases.answer([])["start_length"] == 0
