"""Tests of pipeline/evaluation/placed.py: how new data is read."""

import pytest

from components.ingest import config as sources
from pipeline.config import problems
from pipeline.evaluation import placed

TABLE = "review,stars\na good one,1\na bad one,0\nanother,1\n"


@pytest.fixture
def place(leave_run, tmp_path):
    def call(name, content=TABLE, *overrides, **changes):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return placed.config(leave_run(changes), path, overrides)

    return call


def test_data_with_the_ending_of_the_training_data_is_read_as_that_was(place, tmp_path):
    path = str(tmp_path / "new.csv")
    assert place("new.csv").data.source == sources.CsvSource(path=path, encoding="cp949")


def test_data_of_another_form_is_looked_at(place, tmp_path):
    source = place("new.txt", TABLE.replace(",", ";").replace("another", "사과").encode("cp949"))
    found = source.data.source
    assert (found.kind, found.delimiter, found.encoding) == ("csv", ";", "cp949")


def test_json_is_told_from_a_table(place):
    assert place("new.jsonl", '{"review": "a", "stars": 1}\n' * 3).data.source.kind == "jsonl"


def test_a_model_of_a_sample_takes_any_data(place):
    found = place("new.csv", data={"source": {"kind": "sample", "name": "imdb_small"}})
    assert found.data.source.kind == "csv"


def test_images_that_a_table_lists_are_read_as_such(leave_run, tmp_path):
    run = leave_run(
        {
            "task": {"kind": "image_classification", "label": "stars"},
            "data": {"source": {"kind": "image_folder", "path": "photos"}},
            "model": {"kind": "vit"},
            "evaluation": {},
        }
    )
    path = tmp_path / "new.csv"
    path.write_text("image,stars\na.png,1\nb.png,0\n")
    assert placed.config(run, path, []).data.source.kind == "image_table"


def test_the_folder_of_the_training_images_is_not_that_of_the_new_ones(leave_run, tmp_path):
    source = {"kind": "image_table", "path": "old.csv", "images": "/old/photos"}
    run = leave_run(
        {
            "task": {"kind": "image_classification"},
            "data": {"source": source},
            "model": {"kind": "vit"},
            "evaluation": {},
        }
    )
    assert placed.config(run, tmp_path / "new.csv", []).data.source.images is None


def test_fields_that_bear_on_judging_can_be_set(place):
    found = place(
        "new.csv",
        TABLE,
        "data.source.encoding=utf-8",
        "task.label=mark",
        "evaluation.must_reach.accuracy=0.8",
        "evaluation.slices=[]",
        "data.max_quarantined=0.5",
    )
    assert found.data.source.encoding == "utf-8"
    assert found.task.label == "mark"
    assert found.evaluation.must_reach == {"accuracy": 0.8}
    assert found.data.max_quarantined == 0.5


def test_a_kind_that_is_set_is_not_guessed(place):
    found = place("new.csv", TABLE, "data.source.kind=tsv")
    assert found.data.source.kind == "tsv"


@pytest.mark.parametrize(
    "override", ["training.epochs=3", "data.split.train=1", "evaluation.may_lose.accuracy=0"]
)
def test_a_field_that_plays_no_part_is_refused(place, override):
    with pytest.raises(ValueError, match="plays no part.*Received: '" + override):
        place("new.csv", TABLE, override)


def test_another_kind_of_task_is_refused(place):
    with pytest.raises(ValueError, match="learned text_classification.*text_multi_label"):
        place("new.csv", TABLE, "task={kind: text_multi_label}")


def test_a_wrong_value_is_told_as_in_a_config(place):
    with pytest.raises(problems.ConfigError, match="must_reach.accuracy.*Received: 80"):
        place("new.csv", TABLE, "evaluation.must_reach.accuracy=80")
