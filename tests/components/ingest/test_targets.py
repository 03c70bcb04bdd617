"""Tests of targets that are no single label: numbers and several labels, read from any format."""

import json

import pytest

from components.ingest import config, encode, preview, row, tfexample

NUMBER = [config.Feature("text", "text"), config.Feature("score", "number")]
LABELS = [config.Feature("text", "text"), config.Feature("tags", "categories", separator="|")]
PAIR = [config.Feature("first", "text"), config.Feature("second", "text"), *NUMBER[1:]]


def encoded(features, **values):
    return encode.attempt(row.Row({"text": "a text", **values}, "a:1"), features, None)


def value_of(features, name, value):
    record = encoded(features, **{name: value})
    return tfexample.parse(record.example)[name]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("3", 3.0),
        (" -2.5 ", -2.5),
        ("1e3", 1000.0),
        (7, 7.0),
        (0.25, 0.25),
        (b"4.5", 4.5),
        ("٣", 3),
    ],
)
def test_a_number_is_read_however_it_is_written(written, number):
    assert value_of(NUMBER, "score", written) == number


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "`score` is empty; a number is expected"),
        (None, "`score` is empty; a number is expected"),
        ("good", "`score` is 'good', no number"),
        ("3,5", "`score` is '3,5', no number; write it with a point and without other signs"),
        ("1,000.5", "no number; write it with a point and without other signs"),
        ("nan", "`score` is 'nan', which is no value to learn"),
        ("inf", "`score` is 'inf', which is no value to learn"),
        ("1e39", "`score` is '1e39', too large for 32 bits"),
        ([1, 2], "`score` holds a list, not one text or number"),
    ],
)
def test_what_is_no_number_is_quarantined_with_a_reason(written, reason):
    rejected = encoded(NUMBER, score=written)
    assert isinstance(rejected, row.Rejected)
    assert reason in rejected.reason


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("red|blue", [b"red", b"blue"]),
        (" red | |red|빨강 ", [b"red", "빨강".encode()]),
        (["a", "b"], [b"a", b"b"]),
        (5, b"5"),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_labels_are_the_parts_of_a_cell_or_a_list(written, labels):
    assert value_of(LABELS, "tags", written) == labels


def test_rows_without_one_label_are_counted_by_split_alone(tmp_path):
    lines = [json.dumps({"text": f"row {i}", "score": i / 2}) for i in range(60)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    data = config.DataConfig(config.JsonlSource("a.jsonl"))
    found = preview.preview(data, NUMBER, str(tmp_path), str(tmp_path))
    assert found.problems == () and found.remarks == ()
    assert found.counts.strata == {"": 60}
    assert found.rows[3]["score"] == 1.5


def test_both_texts_of_a_pair_decide_its_split():
    values = {"first": "a", "second": "b", "score": 1}
    one = encode.attempt(row.Row(values, "a:1"), PAIR, None)
    swapped = encode.attempt(row.Row(values | {"first": "b", "second": "a"}, "a:2"), PAIR, None)
    again = encode.attempt(row.Row(values | {"score": 2}, "a:3"), PAIR, None)
    assert one.digest == again.digest != swapped.digest
