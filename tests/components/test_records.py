"""Tests of components/records.py."""

import pytest
import tensorflow as tf

from components import records


@pytest.fixture
def examples(tmp_path):
    """Five rows in two files; the last one has no label."""
    rows = [("하나", "a"), ("two", "b"), ("three", "a"), ("four", "b"), ("five", None)]
    folder = tmp_path / "Split-eval"
    folder.mkdir()
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    for number, part in enumerate((rows[:3], rows[3:])):
        name = str(folder / f"data_tfrecord-0000{number}-of-00002.gz")
        with tf.io.TFRecordWriter(name, options) as writer:
            for text, label in part:
                example = tf.train.Example()
                example.features.feature["text"].bytes_list.value.append(text.encode())
                if label is not None:
                    example.features.feature["label"].bytes_list.value.append(label.encode())
                writer.write(example.SerializeToString())
    return str(tmp_path)


@pytest.mark.parametrize(
    ("splits", "chosen"),
    [(["train", "eval"], "eval"), (["train", "eval", "test"], "test"), (("test",), "test")],
)
def test_metrics_are_reported_on_test_where_there_is_one(splits, chosen):
    assert records.evaluated_split(splits) == chosen


def test_columns_are_read_in_the_order_of_files_and_rows(examples):
    rows = list(records.columns(examples, "eval", ("label", "text")))
    assert [label for label, _ in rows] == [b"a", b"b", b"a", b"b", b""]
    assert rows[0][1].decode() == "하나"
    assert rows[4] == (b"", b"five")


def test_other_files_in_the_folder_are_no_records(examples, tmp_path):
    (tmp_path / "Split-eval" / "notes.txt").write_text("not a record")
    assert len(records.files(examples, "eval")) == 2
    assert len(list(records.serialized(examples, "eval"))) == 5


def test_a_split_without_files_has_no_rows(examples):
    assert list(records.columns(examples, "train", ("text",))) == []
