"""Tests of components/ingest/job.py, executor.py and component.py, with TFX and Beam."""

import json
import os
import pathlib

import pytest
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

from components import artifacts
from components.ingest import component, errors, executor, job, preview, tfexample

pytestmark = pytest.mark.tfx

BEAM = [
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--no_pipeline_type_check",
    # Any image keeps TFX from packing itself for workers that are elsewhere, a second a run.
    "--sdk_container_image=unused",
]
FEATURES = [
    {"name": "text", "holds": "text"},
    {"name": "label", "holds": "category"},
    {"name": "text_length", "holds": "derived"},
]


@pytest.fixture
def data(tmp_path):
    """40 rows of three classes in two files, one copy among them, and two unusable rows."""
    rows = [f"row {i}\t{i % 3}" for i in range(40)]
    (tmp_path / "a.tsv").write_text("\n".join(["text\tlabel", *rows[:15], "ragged", "row 1\t1"]))
    (tmp_path / "b.tsv").write_text("\n".join(["text\tlabel", *rows[15:], "\t2"]))
    return tmp_path


def run(base, out, split=None, max_quarantined=0.1, source=None):
    examples, quarantine = standard_artifacts.Examples(), artifacts.Quarantine()
    for artifact, name in ((examples, "examples"), (quarantine, "quarantine")):
        artifact.uri = str(out / name)
        pathlib.Path(artifact.uri).mkdir(parents=True)
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM))
    executor.Executor(context).Do(
        {},
        {"examples": [examples], "quarantine": [quarantine]},
        {
            "source": json.dumps(source or {"kind": "tsv", "path": "*.tsv"}),
            "split": json.dumps(split or {}),
            "features": json.dumps(FEATURES),
            "max_quarantined": max_quarantined,
            "base": str(base),
            "samples_dir": str(base),
            "fingerprint": "f",
        },
    )
    return examples, quarantine


def texts(examples, split):
    files = sorted(str(f) for f in pathlib.Path(examples.uri, f"Split-{split}").iterdir())
    found = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    parsed = [tf.train.Example.FromString(record).features.feature for record in found]
    return [features["text"].bytes_list.value[0].decode() for features in parsed]


def contents(folder):
    files = sorted(f for f in folder.rglob("*") if f.is_file())
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}


def test_rows_are_split_shuffled_and_counted_and_the_rest_is_quarantined(data):
    examples, quarantine = run(data, data / "out")
    train, held_out = texts(examples, "train"), texts(examples, "eval")
    assert list(examples.splits) == ["train", "eval"]
    assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert sorted(train + held_out) == sorted(["row 1", *(f"row {i}" for i in range(40))])
    assert not set(train) & set(held_out)
    assert train != sorted(train, key=lambda text: int(text.split()[1]))
    counts = json.loads(pathlib.Path(quarantine.uri, job.COUNTS_FILE).read_text())
    assert (counts["rows"], counts["rejected"], counts["duplicates"]) == (43, 2, 1)
    assert sum(counts["splits"]["eval"].values()) == len(held_out)
    listed = pathlib.Path(quarantine.uri, job.QUARANTINE_FILE).read_text().splitlines()
    assert [json.loads(line)["where"] for line in listed] == ["a.tsv:17", "b.tsv:27"]


def test_line_breaks_inside_labels_become_spaces(tmp_path):
    labels = ["mid\r\nway", " end\n", "plain"]
    rows = [{"text": f"row {i}", "label": labels[i % 3]} for i in range(30)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, quarantine = run(tmp_path, tmp_path / "out", source={"kind": "jsonl", "path": "a.jsonl"})
    counts = json.loads(pathlib.Path(quarantine.uri, job.COUNTS_FILE).read_text())
    assert set(counts["splits"]["train"]) == {"mid way", "end", "plain"}


@pytest.mark.parametrize("split", [{}, {"stratify": True}], ids=["hashed", "stratified"])
def test_two_runs_write_the_same_bytes(data, split):
    run(data, data / "first", split)
    run(data, data / "second", split)
    assert contents(data / "first") == contents(data / "second")
    assert "examples/Split-eval/data_tfrecord-00000-of-00001.gz" in contents(data / "first")


def test_too_many_unusable_rows_stop_the_run_and_keep_the_list(data):
    with pytest.raises(errors.DataError, match=r"2 of 43 rows \(4.7%\).*") as caught:
        run(data, data / "out", max_quarantined=0.02)
    (kept,) = (data / "out").glob("*.jsonl")
    assert str(kept) in str(caught.value)
    assert len(kept.read_text().splitlines()) == 2


def test_a_column_may_name_the_splits(tmp_path):
    words = ["train", "dev", "test", "train"]
    rows = [{"text": f"row {i}", "label": i % 2, "part": words[i % 4]} for i in range(20)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = {"kind": "jsonl", "path": "a.jsonl"}
    with pytest.raises(errors.DataError) as caught:
        run(tmp_path, tmp_path / "bad", {"column": "prt"}, source=source)
    assert "no column 'prt'. Did you mean 'part'?" in str(caught.value)
    examples, _ = run(tmp_path, tmp_path / "out", {"column": "part"}, source=source)
    assert list(examples.splits) == ["train", "eval", "test"]
    assert sorted(texts(examples, "eval")) == sorted(f"row {i}" for i in range(1, 20, 4))


def test_groups_are_placed_and_counted_as_a_preview_does(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "_FILE_BYTES", 60)
    rows = [{"text": f"row {i}", "label": i % 2, "by": f"writer {i % 9}"} for i in range(50)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source, split = {"kind": "jsonl", "path": "a.jsonl"}, {"group": "by", "stratify": True}
    examples, quarantine = run(tmp_path, tmp_path / "out", split, source=source)
    writers = [{int(text[4:]) % 9 for text in texts(examples, s)} for s in ("train", "eval")]
    assert writers[0] | writers[1] == set(range(9))
    assert not writers[0] & writers[1]
    counts = json.loads(pathlib.Path(quarantine.uri, job.COUNTS_FILE).read_text())
    assert (counts["groups"], counts["largest_group"]) == (9, [6, "writer 4"])
    assert counts["divided_groups"] == {}


def test_large_data_goes_into_several_files_without_gaps(data, monkeypatch):
    monkeypatch.setattr(job, "_FILE_BYTES", 60)
    examples, _ = run(data, data / "out")
    for split in ("train", "eval"):
        names = sorted(f.name for f in pathlib.Path(examples.uri, f"Split-{split}").iterdir())
        total = len(names)
        assert total > 5
        assert names == [f"data_tfrecord-{i:05d}-of-{total:05d}.gz" for i in range(total)]
    assert len(texts(examples, "train") + texts(examples, "eval")) == 41


def test_copies_in_other_splits_are_counted_as_a_preview_counts_them(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "_FILE_BYTES", 60)
    parts = {"train": range(30), "dev": (2, 3, 3, 50, 51), "test": (3, 50, 60, 61)}
    for name, members in parts.items():
        lines = [f"row {i}\t{(i + (i == 2 and name == 'dev')) % 2}" for i in members]
        (tmp_path / f"{name}.tsv").write_text("\n".join(["text\tlabel", *lines]))
    _, quarantine = run(tmp_path, tmp_path / "out")
    counts = json.loads(pathlib.Path(quarantine.uri, job.COUNTS_FILE).read_text())
    assert counts["shared"] == {"eval": {"train": 3}, "test": {"train": 1, "eval": 1}}
    assert (counts["duplicates"], counts["conflicting_labels"]) == (5, 1)
    data, features = executor.parse(
        {
            "source": json.dumps({"kind": "tsv", "path": "*.tsv"}),
            "split": "{}",
            "features": json.dumps(FEATURES),
            "max_quarantined": 0.0,
        }
    )
    seen = preview.preview(data, features, str(tmp_path), str(tmp_path))
    assert seen.counts.to_json() == counts


def test_examples_are_those_of_tensorflow():
    values = {"text": "한글".encode(), "image": b"\x00\xff", "label": b""}
    example = tf.train.Example()
    for name, value in values.items():
        example.features.feature[name].bytes_list.value.append(value)
    assert tfexample.serialize(values) == example.SerializeToString(deterministic=True)
    example.features.feature["n"].int64_list.value.append(-3)
    example.features.feature["f"].float_list.value.extend([0.5, 2])
    example.features.feature["nothing"].SetInParent()
    expected = {**values, "n": -3, "f": [0.5, 2.0], "nothing": None}
    assert tfexample.parse(example.SerializeToString()) == expected


def test_the_component_declares_its_outputs():
    ingest = component.Ingest("{}", "{}", "[]", 0, "/", "/", "f")
    assert ingest.outputs["examples"].type is standard_artifacts.Examples
    assert ingest.outputs["quarantine"].type is artifacts.Quarantine
    assert ingest.exec_properties["max_quarantined"] == 0.0


def test_files_whose_names_are_not_utf8_pass_the_job(data):
    name = os.fsdecode(b"\xb8\xae\xba\xe4.tsv")
    (data / "b.tsv").rename(data / name)
    examples, quarantine = run(data, data / "out")
    assert len(texts(examples, "train") + texts(examples, "eval")) == 41
    listed = pathlib.Path(quarantine.uri, job.QUARANTINE_FILE).read_text("utf-8").splitlines()
    assert "\\xb8\\xae\\xba\\xe4.tsv:27" in [json.loads(line)["where"] for line in listed]
