"""Tests of components/baseline/passages.py: the sentence with most words of the question."""

import pytest

from components.baseline import passages

CONTEXT = "Ada was born in 1815. She wrote 1.5 pages a day! Who knew?\nThe engine was built in 1837"


def asked(question, context=CONTEXT):
    (found,) = passages.most_overlap([], [], [(question.encode(), context.encode())])
    return found["answer"][0]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Where was Ada born?", "Ada was born in 1815."),
        ("How many PAGES did she write?", "She wrote 1.5 pages a day!"),
        ("Who knew it?", "Who knew?"),
        ("When was the engine built?", "The engine was built in 1837"),
        ("xyz", "Ada was born in 1815."),
    ],
)
def test_the_sentence_with_most_words_of_the_question_is_answered(question, sentence):
    assert asked(question) == sentence


def test_rare_words_tell_more_than_frequent_ones():
    context = "the the a b. the c d rare. the a b c."
    assert asked("the a rare", context) == "the c d rare."


def test_korean_sentences_are_parted_too():
    assert asked("누가 노래했나?", "그는 잤다。 아다가 노래했나? 끝.") == "아다가 노래했나?"


@pytest.mark.parametrize("context", ["", "...", " \n "])
def test_a_context_without_a_sentence_is_the_answer_as_it_is(context):
    assert asked("why?", context) == context


def test_a_constant_answer_is_no_answer():
    assert passages.answer("") == {"answer": [""], "answer_length": 1}
