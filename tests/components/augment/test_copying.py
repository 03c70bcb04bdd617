"""Tests of components/augment/copying.py and stage.py: what is written, and what is counted."""

import json

import pytest

from components import records, tfrecord
from components.augment import balance, copying, stage
from components.ingest import tfexample
from tests.components import augmenters

COLUMNS = copying.Columns("text", "label")
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
    rows, _ = copying.count(str(source), COLUMNS, 0)
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
    rows, shown = copying.count(str(source), COLUMNS, 4)
    assert rows == {"up": 3, "down": 1, "아래": 1}
    assert [row.label for row in shown] == ["down", "up", "아래", "up"]


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
