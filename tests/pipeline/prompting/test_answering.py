"""Tests of pipeline/prompting/answering.py: answers from scores and from what is written."""

import pytest

from pipeline.prompting import answering
from pipeline.prompting.prompts import Prompt

STEPS = "prompt.template={kind: chain_of_thought, reason: why}"
ZERO = "prompt.template=zero_shot_chain_of_thought"
NONE = "prompt.shots=[0]"


@pytest.fixture
def answered(measured, row):
    def call(model, *settings, examples=(), question="plum", answers=("red", "blue")):
        prompt = measured(*settings).prompt
        asked = Prompt(prompt.template, prompt.instruction, tuple(examples), row(question))
        (found,) = answering.answer(model, [asked], prompt, answers)
        return found

    return call


def test_the_likeliest_answer_is_told_with_its_space_before_it(answered, table_model):
    table = {" red": -3.0, " blue": -2.5}
    model = table_model(lambda prompt, answer: table[answer])
    found = answered(model)
    assert (found.answer, found.scores) == ("blue", {"red": -3.0, "blue": -2.5})
    assert model.read[0] == "Q: plum\nA: red"


def test_by_bytes_a_long_answer_is_at_no_disadvantage(answered, table_model):
    model = table_model(lambda prompt, answer: {" red": -3.0, " 파랑": -5.0}[answer])
    answers = ("red", "파랑")
    assert answered(model, answers=answers).answer == "red"
    setting = "prompt.answered_by={kind: likelihood, per_byte: true}"
    found = answered(model, setting, answers=answers)
    assert (found.answer, found.scores["파랑"]) == ("파랑", pytest.approx(-5 / 6))


@pytest.mark.parametrize("apart", [0.0, 1e-6])
def test_equally_likely_answers_are_a_tie_and_none_of_them_is_given(answered, table_model, apart):
    found = answered(table_model(lambda prompt, answer: -2.0 - apart * (answer == " red")))
    assert (found.answer, found.is_tie) == (None, True)


def test_a_tie_below_the_likeliest_is_none():
    assert answering.likeliest([-2.0, -1.0, -2.0]) == 1


def test_what_is_written_is_read_up_to_the_first_stop(answered, table_model):
    model = table_model(write=lambda prompt, longest: " blue \nQ: next")
    found = answered(model, "prompt.answered_by=generation")
    assert (found.answer, found.written) == ("blue", " blue ")


@pytest.mark.parametrize(("match", "expected"), [("first", "4"), ("last", "7")])
def test_an_expression_finds_the_answer_in_what_is_written(answered, table_model, match, expected):
    model = table_model(write=lambda prompt, longest: "=4 or =7?")
    setting = f"prompt.answered_by={{kind: generation, extract: '=(\\d)', match: {match}}}"
    assert answered(model, setting).answer == expected


def test_nothing_found_is_no_answer(answered, table_model):
    model = table_model(write=lambda prompt, longest: "who knows")
    found = answered(model, "prompt.answered_by={kind: generation, extract: '\\d'}")
    assert (found.answer, found.is_tie, found.is_too_long) == (None, False, False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" 1.5+1=2.5. The answer is 2.5.\n\nQ: more", "2.5"),
        (" so. The answer is 7. It is odd.", "7"),
        (" so. The answer is 7", "7"),
    ],
)
def test_of_written_steps_the_answer_stands_where_the_template_has_it(
    answered, table_model, written, expected
):
    model = table_model(write=lambda prompt, longest: written)
    assert answered(model, STEPS, "prompt.answered_by=generation").answer == expected


def test_steps_without_their_end_have_no_answer(answered, table_model):
    model = table_model(write=lambda prompt, longest: " and so on and so on")
    assert answered(model, STEPS, "prompt.answered_by=generation").answer is None


def test_behind_written_steps_answers_are_compared(answered, table_model):
    scored = []

    def score(prompt, answer):
        scored.append((prompt, answer))
        return float(answer == " red")

    written = " it is ripe. The answer is blue.\n\nQ: more"
    model = table_model(score, lambda prompt, longest: written)
    found = answered(model, STEPS)
    assert scored[0] == ("Q: plum\nA: it is ripe. The answer is", " red")
    assert (found.answer, found.lead) == ("red", " it is ripe. The answer is")


def test_the_second_prompt_of_a_zero_shot_chain_asks_for_the_answer(answered, table_model):
    def write(prompt, longest):
        return " 7" if prompt.endswith("the answer is") else ": 3+4=7.\n\nmore"

    model = table_model(write=write)
    found = answered(model, ZERO, NONE, "prompt.answered_by=generation")
    assert model.read == [
        "Q: plum\nA: Let's think step by step",
        "Q: plum\nA: Let's think step by step: 3+4=7.\nTherefore, the answer is",
    ]
    assert (found.answer, found.text) == ("7", model.read[1])


def test_examples_are_dropped_from_the_front_until_the_prompt_fits(answered, table_model, row):
    model = table_model(lambda prompt, answer: float(answer == " red"), length=14)
    examples = [row(name) for name in ("a", "b", "c", "d")]  # Four words each.
    found = answered(model, examples=examples)
    assert [one.question for one in found.prompt.examples] == ["c", "d"]
    assert (found.answer, found.prompt.dropped) == ("red", 2)
    assert found.text == "Q: c\nA: red\n\nQ: d\nA: red\n\nQ: plum\nA:"


def test_a_question_that_never_fits_is_told_and_has_no_answer(answered, table_model, row):
    model = table_model(lambda prompt, answer: 0.0, length=3)
    found = answered(model, examples=[row("a")])
    assert (found.answer, found.is_too_long, found.is_tie) == (None, True, False)


def test_steps_that_leave_no_room_are_told_as_too_long(answered, table_model):
    model = table_model(lambda prompt, answer: 0.0, lambda prompt, longest: " so" * 9, length=8)
    assert answered(model, STEPS).is_too_long


def test_prompts_are_asked_about_together_and_answered_in_order(measured, row, table_model):
    prompt = measured().prompt
    rows = [row(f"q{place}") for place in range(5)]
    asked = [Prompt(prompt.template, "", (), one) for one in rows]
    model = table_model(
        lambda text, answer: float(answer == " blue") * ("q3" in text) - 0.5 * (answer == " blue")
    )
    found = answering.answer(model, asked, prompt, ("red", "blue"))
    assert [one.answer for one in found] == ["red", "red", "red", "blue", "red"]
