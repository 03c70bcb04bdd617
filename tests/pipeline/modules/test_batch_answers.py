"""Tests of pipeline/modules/batch_answers.py with a fake model."""

import csv
import json
import os

import pytest

from components.ingest import config as sources
from pipeline.config.batch_answers import BatchAnswersConfig
from pipeline.modules import batch_answers
from pipeline.scoring import asking


@pytest.fixture
def answer(tmp_path, fake_model, monkeypatch):
    """Answers a table; what the stage says, and the folder that it wrote to."""
    monkeypatch.setattr(asking, "from_disk", lambda pushed: fake_model)

    def call(text="id,review\n7,a good one\n8,a bad one\n", output="out.csv", **source):
        (tmp_path / "new.csv").write_text(text)
        config = BatchAnswersConfig(sources.CsvSource(path="new.csv", **source), output)
        folder = tmp_path / "artifact"
        folder.mkdir(exist_ok=True)
        told = batch_answers.questions(config, str(tmp_path))
        return config, folder, batch_answers.write(told, tmp_path / "export", folder)

    return call


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_answered_in_order_with_all_its_columns(answer, tmp_path):
    config, folder, told = answer()
    assert told == "2 rows answered"
    assert batch_answers.deliver(folder, config, str(tmp_path)) == tmp_path / "out.csv"
    assert [(row["id"], row["predicted_label"]) for row in rows(tmp_path / "out.csv")] == [
        ("7", "1"),
        ("8", "0"),
    ]
    assert os.listdir(folder) == ["answers.csv"]


def test_what_cannot_be_asked_about_is_listed_beside_the_answers(answer, tmp_path):
    config, folder, told = answer("id,review\n7,a good one\n8,unheard\n9, \n")
    assert told == "1 rows answered, 2 left out"
    batch_answers.deliver(folder, config, str(tmp_path))
    left_out = rows(tmp_path / "out.csv.left_out.csv")
    assert [(row["where"], row["reason"]) for row in left_out] == [
        ("new.csv:3", "the model refuses it: never heard of it"),
        ("new.csv:4", "`review` is empty"),
    ]


def test_an_older_list_of_what_was_left_out_goes(answer, tmp_path):
    (tmp_path / "out.csv.left_out.csv").write_text("old")
    config, folder, _ = answer()
    batch_answers.deliver(folder, config, str(tmp_path))
    assert not (tmp_path / "out.csv.left_out.csv").exists()


def test_the_ending_chooses_the_format_and_folders_are_made(answer, tmp_path):
    config, folder, _ = answer(output="deep/out.jsonl")
    batch_answers.deliver(folder, config, str(tmp_path))
    first = (tmp_path / "deep" / "out.jsonl").read_text().splitlines()[0]
    assert json.loads(first)["predicted_label"] == "1"


def test_fields_of_the_source_are_heeded(answer):
    _, folder, _ = answer("id;review\n7;a good, nice one\n", delimiter=";")
    assert rows(folder / "answers.csv")[0]["review"] == "a good, nice one"


def test_a_missing_column_is_told_in_terms_of_the_yaml(answer):
    with pytest.raises(ValueError, match="no column 'review'. Columns: 'id', 'text'") as raised:
        answer("id,text\n1,a\n")
    assert "--" not in str(raised.value)


def test_rows_none_of_which_can_be_asked_about_stop_the_run(answer):
    with pytest.raises(ValueError, match=r"batch_answers.source.*none of its 1 rows.*new.csv:2"):
        answer("id,review\n1, \n")


def test_of_a_refused_model_nothing_is_delivered(tmp_path):
    (tmp_path / "out.csv").write_text("of the model before")
    config = BatchAnswersConfig(sources.CsvSource(path="new.csv"), "out.csv")
    assert batch_answers.deliver(tmp_path / "none", config, str(tmp_path)) is None
    assert (tmp_path / "out.csv").read_text() == "of the model before"


def test_of_a_folder_of_images_every_image_is_asked_about(tmp_path):
    config = BatchAnswersConfig(sources.ImageFolderSource(path="new"), "out.csv")
    told = json.loads(batch_answers.questions(config, str(tmp_path)))
    assert (told["path"], told["format"], told["settings"]) == (str(tmp_path / "new"), None, [])


def test_another_image_in_the_folder_is_seen(tmp_path):
    (tmp_path / "new").mkdir()
    config = BatchAnswersConfig(sources.ImageFolderSource(path="new"), "out.csv")

    def told(name):
        (tmp_path / "new" / name).write_bytes(b"an image")
        return batch_answers.fingerprint(config, [], str(tmp_path))

    assert told("a.png") != told("b.png")
