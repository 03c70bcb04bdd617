"""Tests of components/augment/copying.py and stage.py: what is written, and what is counted."""

import json

import pytest

from components import records, tfrecord
from components.augment import balance, copying, stage
from components.ingest import tfexample
from tests.components import augmenters

COLUMNS = copying.Columns(("text",), "label", "category")
LABELS = ["up", "up", "down", "up", "아래"]


@pytest.fixture
def source(tmp_path):
    """Examples with a train split in two files and an eval split."""
    rows = [
        tfexample.serialize({"text": f"글 {i}".encode(), "label": label.encode(), "slice": b"s"})
        for i, label in enumerate(LABELS)
    ]
    parts = {"train": [rows[:2], rows[2:]], "eval": [rows[:1]]}
    for split, files in parts.items():
        folder = tmp_path / "in" / f"Split-{split}"
        folder.mkdir(parents=True)
        for number, part in enumerate(files):
            with open(folder / f"data-{number}.gz", "wb") as stream:
                tfrecord.write(stream, part)
    return tmp_path / "in"


def write(source, name, config, copies=2):
    target = source.parent / name
    rows = copying.count(str(source), COLUMNS, 0).rows
    maker = augmenters.Numbering(copies)
    counts = copying.write(str(source), str(target), COLUMNS, maker, rows, config)
    return target, counts


def train(folder):
    return [tfexample.parse(record) for record in records.serialized(str(folder), "train")]


def contents(folder, split):
    return [path.read_bytes() for path in sorted((folder / f"Split-{split}").iterdir())]


def test_other_splits_are_the_same_bytes(source):
    target, _ = write(source, "out", balance.CopiesConfig())
    assert contents(target, "eval") == contents(source, "eval")
    assert contents(target, "train") != contents(source, "train")


def test_every_row_is_followed_by_its_copies_with_its_other_columns(source):
    target, _ = write(source, "out", balance.CopiesConfig(seed=4))
    found = train(target)
    texts = sorted(row["text"].decode() for row in found)
    assert texts == sorted(f"글 {i}{end}" for i in range(5) for end in ("", " 4.0", " 4.1"))
    assert all(row["label"].decode() == LABELS[int(row["text"].decode()[2])] for row in found)
    assert {row["slice"] for row in found} == {b"s"}


def test_equal_seeds_give_equal_bytes_and_others_do_not(source):
    first, _ = write(source, "a", balance.CopiesConfig(seed=1))
    again, _ = write(source, "b", balance.CopiesConfig(seed=1))
    other, _ = write(source, "c", balance.CopiesConfig(seed=2))
    assert contents(first, "train") == contents(again, "train")
    assert contents(first, "train") != contents(other, "train")


def test_counts_say_what_was_asked_for_written_and_dropped(source):
    target, counts = write(source, "out", balance.CopiesConfig(), copies=3)
    found = counts.to_json()
    assert (found["before"], found["after"], found["dropped"]) == (5, 15, 5)
    assert found["labels"]["up"] == {"before": 3, "wanted": 9, "after": 9}
    assert found["operations"] == {
        "number": {"written": 10, "dropped": 5, "labels": {"down": 2, "up": 6, "아래": 2}}
    }
    assert len(train(target)) == 15


def test_balance_gives_rare_labels_more_copies(source):
    _, counts = write(source, "out", balance.CopiesConfig(balance=True), copies=1)
    assert counts.wanted == {"up": 3, "down": 5, "아래": 5}
    assert counts.after == {"up": 6, "down": 5, "아래": 5}  # Every third copy is dropped.


def test_rows_to_look_at_are_of_all_labels_in_turn(source):
    found = copying.count(str(source), COLUMNS, 4)
    assert found.rows == {"up": 3, "down": 1, "아래": 1}
    assert found.labels == {"up", "down", "아래"}
    assert [row.target for row in found.shown] == ["down", "up", "아래", "up"]


def write_split(folder, rows):
    split = folder / "Split-train"
    split.mkdir(parents=True)
    with open(split / "data.gz", "wb") as stream:
        tfrecord.write(stream, [tfexample.serialize(row) for row in rows])
    return str(folder)


def test_of_two_texts_and_a_number_all_columns_are_read_and_written(tmp_path):
    rows = [{"a": b"one", "b": "둘".encode(), "n": 2.5}, {"a": b"three", "b": b"four", "n": -1.0}]
    source = write_split(tmp_path / "in", rows)
    described = [
        {"name": "a", "holds": "text", "role": "input"},
        {"name": "b", "holds": "text", "role": "input"},
        {"name": "n", "holds": "number", "role": "target"},
    ]
    columns = copying.read_columns(json.dumps(described))
    found = copying.count(source, columns, 5)
    assert found.rows == {"": 2} and found.labels == frozenset()
    assert [row.target for row in found.shown] == [2.5, -1.0]
    counts = copying.write(
        source,
        str(tmp_path / "out"),
        columns,
        augmenters.Numbering(1),
        found.rows,
        balance.CopiesConfig(),
    )
    written = train(tmp_path / "out")
    assert [(row["a"], row["b"].decode(), row["n"]) for row in written[:2]] == [
        (b"one", "둘", 2.5),
        (b"one 0.0", "둘 0.0", 2.5),
    ]
    told = counts.to_json()
    assert (told["before"], told["after"], told["labels"]) == (2, 4, {})
    assert told["operations"]["number"] == {"written": 2, "dropped": 0, "labels": {}}


def test_rows_of_several_labels_are_counted_together_and_their_labels_known(tmp_path):
    rows = [{"text": b"1", "named": [b"fig", b"plum"]}, {"text": b"2", "named": []}]
    columns = copying.Columns(("text",), "named", "categories")
    found = copying.count(write_split(tmp_path / "in", rows), columns, 5)
    assert found.rows == {"": 2}
    assert found.labels == {"fig", "plum"}
    assert [row.target for row in found.shown] == [("fig", "plum"), ()]


@pytest.mark.parametrize("is_written", [True, False])
def test_the_stage_leaves_counts_operations_and_a_preview(source, is_written):
    report = source.parent / "report"
    report.mkdir()
    target = str(source.parent / "out") if is_written else None
    parameters = stage.AugmentParameters(
        kind="text",
        columns=COLUMNS,
        augmenter_fn="tests.components.augmenters.numbering",
        operations='[{"kind": "eda"}]',
        resources="{}",
        copies=balance.CopiesConfig(),
    )
    found = stage.augment(str(source), target, str(report), parameters)
    assert found == stage.read(report)
    assert found["warnings"] == ["doubtful: down, up, 아래"]
    assert json.loads((report / stage.POLICY).read_text()) == [{"kind": "eda"}]
    assert "&lt;new&gt;" in (report / "preview.html").read_text("utf-8")
    assert stage.remarks(found) == (["5 -> 15 train rows"] if is_written else [])
