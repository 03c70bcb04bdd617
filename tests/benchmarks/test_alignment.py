"""Tests of benchmarks/alignment.py."""

import pytest

from benchmarks import alignment
from components.baseline.words import Table


def test_the_error_rate_is_that_of_och_and_ney():
    assert alignment.error_rate({(0, 0), (1, 1)}, {(0, 0), (1, 1)}) == 0
    assert alignment.error_rate({(0, 1)}, {(0, 0)}) == 1
    # Two of three and two of two: 1 - (2 + 2) / (3 + 2).
    assert alignment.error_rate({(0, 0), (1, 1), (2, 2)}, {(0, 0), (1, 1)}) == pytest.approx(0.2)
    assert alignment.error_rate(set(), set()) == 0


def test_words_are_linked_by_model_1_and_unknown_ones_are_not():
    pairs = [("das Haus", "the house"), ("das Buch", "the book"), ("ein Buch", "a book")]
    table = Table([(one.split(), two.split()) for one, two in pairs], has_empty=False)
    for _ in range(5):
        table.learn()
    found = alignment.likeliest(table, ["the", "book", "new"], ["Buch", "das"])
    assert found == {(0, 1), (1, 0)}
