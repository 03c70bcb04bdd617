"""Tests of pipeline/prompting/rows.py: which rows are examples, which are questions."""

import pathlib

import pytest

from pipeline.prompting import rows

TABLE = "text,label,why,split\n"


@pytest.fixture
def read(measured, tmp_path):
    def call(content, *settings):
        (tmp_path / "data.csv").write_text(TABLE + content, encoding="utf-8")
        given = ("data.source.path=data.csv", "data.split.column=split", "data.split.eval=0")
        settings = (*given, *settings)
        return rows.read(measured(*settings), tmp_path, pathlib.Path("nowhere"))

    return call


def test_examples_are_train_rows_and_questions_test_rows(read):
    found = read("a,1,,train\nb,2,,eval\nc,3,,test\nd,4,,train\n", "prompt.shots=[0, 2]")
    assert [one.question for one in found.examples] == ["a", "d"]
    assert [one.question for one in found.questions] == ["c"]
    assert (found.split, found.answers) == ("test", ("1", "3", "4"))
    assert found.questions[0].where == "data.csv:4"


def test_without_test_rows_those_of_eval_are_asked(read):
    assert read("a,1,,train\nb,2,,eval\n", "prompt.shots=[0]").split == "eval"


def test_steps_are_read_where_the_template_has_them(read):
    steps = "prompt.template={kind: chain_of_thought, reason: why}"
    found = read("a,1,as so,train\nb,2,so so,test\n", "prompt.shots=[1]", steps)
    assert found.examples[0].reason == "as so"


def test_too_many_unusable_rows_are_told_with_the_first(read):
    with pytest.raises(ValueError, match=r"1 of 3 rows cannot be used.*data\.csv:3: `label` is"):
        read("a,1,,train\nb,,,test\nc,2,,test\n", "prompt.shots=[0]")
    found = read(
        "a,1,,train\nb,,,test\nc,2,,test\n", "prompt.shots=[0]", "data.max_quarantined=0.5"
    )
    assert len(found.rejected) == 1


def test_fewer_examples_than_shots_are_refused(read):
    with pytest.raises(ValueError, match=r"`prompt.shots`: 2 examples .* train split has 1 rows"):
        read("a,1,,train\nb,2,,test\n", "prompt.shots=[0, 2]")


def test_rows_without_questions_are_refused(read):
    with pytest.raises(ValueError, match=r"no questions: all 2 rows are of the train split"):
        read("a,1,,train\nb,2,,train\n", "prompt.shots=[0]")


def test_a_missing_column_is_told_as_a_field_of_prompt(read):
    with pytest.raises(ValueError, match=r"no column 'colour'.*right one in `prompt`"):
        read("a,1,,train\n", "prompt.answer=colour", "prompt.shots=[0]")


def test_fewer_questions_are_the_same_each_time(read):
    content = "".join(f"q{place},1,,test\n" for place in range(40)) + "a,2,,train\n"
    first, second = (
        read(content, "prompt.shots=[0]", "prompt.most_questions=7").questions for _ in range(2)
    )
    assert first == second
    assert len(first) == 7
