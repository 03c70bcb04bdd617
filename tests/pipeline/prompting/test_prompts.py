"""Tests of pipeline/prompting/prompts.py: the very text of prompts."""

from pipeline.prompting.prompts import Prompt
from pipeline.prompting.templates import ChainOfThought, Direct, ZeroShotChainOfThought


def test_without_examples_there_are_instruction_and_question_alone(row):
    text = Prompt(Direct(), "Name the colour.\n\n", (), row("a plum?", "blue")).text
    assert text == "Name the colour.\n\nQ: a plum?\nA:"


def test_examples_stand_in_order_before_the_question(row):
    examples = (row("a lime?", "green"), row("a {pea}?", "green"))
    text = Prompt(Direct(), "", examples, row("a plum?", "blue")).text
    assert text == "Q: a lime?\nA: green\n\nQ: a {pea}?\nA: green\n\nQ: a plum?\nA:"


def test_a_chain_of_thought_shows_steps_of_examples_and_none_of_the_question(row):
    examples = (row("1+1+1", "3", "1+1=2, 2+1=3."),)
    text = Prompt(ChainOfThought("steps"), "", examples, row("2+2+2", "6", "secret")).text
    assert text == "Q: 1+1+1\nA: 1+1=2, 2+1=3. The answer is 3.\n\nQ: 2+2+2\nA:"


def test_the_zero_shot_chain_of_thought_ends_with_its_sentence(row):
    text = Prompt(ZeroShotChainOfThought(), "", (), row("2+2", "4")).text
    assert text == "Q: 2+2\nA: Let's think step by step"


def test_a_prompt_is_shortened_at_the_front_until_no_example_is_left(row):
    prompt = Prompt(Direct(), "", (row("a"), row("b")), row("c"))
    assert [one.question for one in prompt.shorter.examples] == ["b"]
    assert (prompt.shorter.shorter.dropped, prompt.shorter.shorter.shorter) == (2, None)
