"""Tests of pipeline/prompting/selection.py: which rows are examples."""

from collections import Counter

import pytest

from pipeline.prompting import selection

WORDS = ["apple", "cherry", "lime", "pea", "plum", "kiwi", "beet", "corn", "rice", "bean", "okra"]


@pytest.fixture
def rows(row):
    """Rows of three answers, four and four and three."""
    return [row(word, "abc"[place % 3]) for place, word in enumerate(WORDS)]


def chosen(rows, select, question, shots, seed=0):
    return selection.SELECTIONS[select](rows, [question])(question, shots, seed)


@pytest.mark.parametrize("select", list(selection.SELECTIONS))
@pytest.mark.parametrize("shots", [0, 1, 4, 9])
def test_as_many_as_asked_for_each_once_and_never_the_question(rows, row, select, shots):
    question = row(" apple ", "b")  # Equal but for the white space around it.
    for seed in range(4):
        found = chosen(rows, select, question, shots, seed)
        assert len(found) == len({one.question for one in found}) == shots
        assert "apple" not in [one.question for one in found]


@pytest.mark.parametrize("select", sorted(selection.DRAWN))
def test_a_seed_draws_the_same_and_another_one_others(rows, row, select):
    question = row("fig")
    first = chosen(rows, select, question, 4, 0)
    assert chosen(rows, select, question, 4, 0) == first
    assert any(chosen(rows, select, question, 4, seed) != first for seed in range(1, 4))


@pytest.mark.parametrize("select", list(selection.SELECTIONS))
def test_fewer_shots_are_among_more(rows, row, select):
    question = row("apple pie")
    few, more = (chosen(rows, select, question, shots, 3) for shots in (2, 7))
    assert set(few) <= set(more)


def test_all_questions_of_a_draw_have_the_same_examples(rows, row):
    first, second = (chosen(rows, "random", row(text), 5, 2) for text in ("fig", "date"))
    assert first == second


@pytest.mark.parametrize("shots", range(10))
def test_balanced_numbers_of_answers_differ_by_at_most_one(rows, row, shots):
    for seed in range(5):
        found = chosen(rows, "balanced", row("fig"), shots, seed)
        counts = Counter(one.answer for one in found)
        numbers = [counts[answer] for answer in "abc"]
        assert max(numbers) - min(numbers) <= 1


def test_balanced_examples_are_not_in_turn(rows, row):
    orders = {
        "".join(one.answer for one in chosen(rows, "balanced", row("fig"), 6, seed))
        for seed in range(9)
    }
    assert any(order[:3] != order[3:] for order in orders)


def test_an_answer_with_too_few_rows_cannot_be_balanced(rows, row):
    with pytest.raises(ValueError, match=r"balanced.* cannot draw 9 examples of 3 answers.*2 rows"):
        chosen([one for one in rows if one.question != "lime"], "balanced", row("fig"), 9)


def test_the_nearest_question_stands_last(row):
    rows = [row("sour green lime"), row("rice"), row("sweet red apple"), row("red bean")]
    found = chosen(rows, "similar", row("a sweet red plum"), 3)
    assert [one.question for one in found[1:]] == ["red bean", "sweet red apple"]


def test_equally_similar_rows_are_taken_in_their_order(row):
    rows = [row("rice"), row("bean"), row("corn")]
    found = chosen(rows, "similar", row("fig"), 2)
    assert [one.question for one in found] == ["bean", "rice"]


def test_too_few_other_rows_are_told(row):
    with pytest.raises(ValueError, match=r"2 examples .* has 1 rows with another text than"):
        chosen([row("fig"), row("pea")], "random", row("fig"), 2)
