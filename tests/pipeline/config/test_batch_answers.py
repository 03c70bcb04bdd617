"""Tests of the section `batch_answers`."""

import pytest

from pipeline.config import loading, problems

CONFIG = """\
name: mail
task: {kind: text_classification}
data: {source: {kind: csv, path: old.csv}}
model: {kind: text_cnn}
batch_answers: {source: {kind: csv, path: new.csv}, output: OUT}
"""


@pytest.fixture
def load(tmp_path):
    def call(output="out.csv", files=("old.csv", "new.csv")):
        for name in files:
            (tmp_path / name).write_text("text,label\na,1\n")
        path = tmp_path / "mail.yaml"
        path.write_text(CONFIG.replace("OUT", output))
        return loading.load_to_run(path, (), path.parent)

    return call


def test_a_section_is_read(load):
    assert load().batch_answers.source.path == "new.csv"


def test_rows_that_are_not_there_are_told_with_their_field(load):
    with pytest.raises(problems.ConfigError, match=r"batch_answers.source.path: 'new.csv'"):
        load(files=("old.csv",))


def test_an_ending_without_a_format_is_refused(load):
    with pytest.raises(problems.ConfigError, match=r"batch_answers.output.*\.csv, \.jsonl or"):
        load("out.xlsx")


@pytest.mark.parametrize("output", ["new.csv", "old.csv"])
def test_answers_do_not_replace_rows(load, output):
    with pytest.raises(problems.ConfigError, match="is what rows are read from. Received: '"):
        load(output)


def test_a_sample_has_labels_and_is_no_source_of_questions(load, tmp_path):
    path = tmp_path / "mail.yaml"
    load()
    path.write_text(path.read_text().replace("{kind: csv, path: new.csv}", "{kind: sample}"))
    with pytest.raises(problems.ConfigError, match="batch_answers.source"):
        loading.load_to_run(path, (), path.parent)
