"""Tests of pipeline/scoring/tables.py: the same answers in each format."""

import csv
import json

import pyarrow.parquet
import pytest

from pipeline.scoring import tables

ENTRIES = [
    {
        "where": "a.csv:2",
        "columns": {"label": "old", "text": 'He said "no",\n그리고', "stars": 1},
        "answer": {"label": "good", "probabilities": {"good": 0.75, "bad": 0.25}},
    },
    {
        "where": "a.csv:3",
        "columns": {"text": "=1+1", "stars": 2.5, "tags": ["x", "y"]},
        "answer": {"label": "bad", "probabilities": {"bad": 1.0, "good": 0.0}},
    },
]


def rows():
    return (tables.flat(entry) for entry in ENTRIES)


def test_a_scored_label_stands_beside_that_of_the_file():
    assert next(rows())["label"] == "old"
    assert next(rows())["predicted_label"] == "good"


def test_csv_holds_every_column_of_every_row(tmp_path):
    tables.write_csv(tmp_path / "a.csv", rows)
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["text"] == 'He said "no",\n그리고'
    assert json.loads(first["predicted_probabilities"]) == {"good": 0.75, "bad": 0.25}
    assert (second["label"], second["stars"], json.loads(second["tags"])) == ("", "2.5", ["x", "y"])


def test_json_lines_hold_what_they_were_given(tmp_path):
    tables.write_jsonl(tmp_path / "a.jsonl", rows)
    written = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in written] == list(rows())


def test_parquet_has_types(tmp_path):
    tables.write_parquet(tmp_path / "a.parquet", rows)
    first, second = pyarrow.parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert (first["stars"], second["stars"]) == (1.0, 2.5)
    assert dict(second["predicted_probabilities"]) == {"bad": 1.0, "good": 0.0}
    assert (first["tags"], second["tags"], second["label"]) == (None, ["x", "y"], None)


@pytest.mark.parametrize("values", [[2**70, 1], ["1", 2], [{"a": "b"}, "c"], [True, "no"]])
def test_a_column_of_several_types_becomes_text_in_parquet(tmp_path, values):
    def mixed():
        return ({"where": "w", "mixed": value} for value in values)

    tables.write_parquet(tmp_path / "a.parquet", mixed)
    written = pyarrow.parquet.read_table(tmp_path / "a.parquet")["mixed"].to_pylist()
    assert written == [v if isinstance(v, str) else json.dumps(v) for v in values]


def test_large_whole_numbers_among_others_are_rounded_in_parquet(tmp_path):
    values = [2**60 + 1, 1.5, None]
    tables.write_parquet(tmp_path / "a.parquet", lambda: ({"n": value} for value in values))
    written = pyarrow.parquet.read_table(tmp_path / "a.parquet")["n"].to_pylist()
    assert written == [float(2**60 + 1), 1.5, None]


def test_a_row_without_a_mapping_and_one_with_an_empty_one_stay_apart_in_parquet(tmp_path):
    values = [None, {"a": 0.5, "b": 0.5}, {}, None, {"a": 1.0}]
    tables.write_parquet(tmp_path / "a.parquet", lambda: ({"m": value} for value in values))
    written = pyarrow.parquet.read_table(tmp_path / "a.parquet")["m"].to_pylist()
    assert [None if one is None else dict(one) for one in written] == values
