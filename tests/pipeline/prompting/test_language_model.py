"""Tests of pipeline/prompting/language_model.py: pieces of an answer, batches of like sizes."""

import pytest

from pipeline.prompting import language_model


@pytest.mark.parametrize(
    ("sizes", "answer", "expected"),
    [([3, 2, 4], 4, 1), ([3, 2, 4], 3, 1), ([3, 2, 4], 5, 2), ([3, 2, 4], 6, 2), ([2, 1], 9, 2)],
)
def test_a_piece_with_any_byte_of_the_answer_counts(sizes, answer, expected):
    assert language_model.answer_of(sizes, answer) == expected


def test_batches_are_of_like_sizes_and_answers_in_order():
    asked = []

    def ask(batch):
        asked.append(batch)
        return [text.upper() for text in batch]

    found = language_model.in_batches(["ccc", "a", "dddd", "bb", "e"], len, 2, ask)
    assert found == ["CCC", "A", "DDDD", "BB", "E"]
    assert asked == [["a", "e"], ["bb", "ccc"], ["dddd"]]
