"""Tests of components/statistics/executor.py against the executor it replaces."""

import os

import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tfx.components.statistics_gen import executor as statistics_gen
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from components.statistics import executor

pytestmark = pytest.mark.tfx

ROWS = {
    "train": [("짧다", "b", 3), ("a longer text", "a", 1), ("", "b", None), ("a", "b", 7)],
    "eval": [("x y", "a", 2), ("짧다", None, 2), ("z", "c", 4)],
}
BEAM = [
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--no_pipeline_type_check",
]


@pytest.fixture
def examples(tmp_path):
    """Two splits, the first in two files; one row lacks the label, one the number."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path / "examples")
    artifact.split_names = artifact_utils.encode_split_names(list(ROWS))
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    for split, rows in ROWS.items():
        folder = artifact_utils.get_split_uri([artifact], split)
        os.makedirs(folder)
        for number, part in enumerate((rows[:3], rows[3:])):
            name = os.path.join(folder, f"data_tfrecord-{number:05d}-of-00002.gz")
            with tf.io.TFRecordWriter(name, options) as writer:
                for text, label, count in part:
                    writer.write(serialize(text, label, count))
    return artifact


def serialize(text, label, count):
    example = tf.train.Example()
    example.features.feature["text"].bytes_list.value.append(text.encode())
    if label is not None:
        example.features.feature["label"].bytes_list.value.append(label.encode())
    if count is not None:
        example.features.feature["count"].int64_list.value.append(count)
    return example.SerializeToString()


def compute(executor_class, examples, folder):
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder)
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM))
    properties = {
        "exclude_splits": "[]",
        "sharded_stats_output": False,
        "sample_rate_by_split": "null",
    }
    executor_class(context).Do({"examples": [examples]}, {"statistics": [statistics]}, properties)
    return statistics


def read(artifact, split):
    folder = artifact_utils.get_split_uri([artifact], split)
    statistics = tfdv.load_stats_binary(os.path.join(folder, "FeatureStats.pb"))
    (dataset,) = statistics.datasets
    features = sorted(dataset.features, key=lambda feature: feature.path.step[0])
    return dataset.num_examples, features


def test_small_data_has_the_statistics_of_tfx_without_a_beam_job(examples, tmp_path, monkeypatch):
    beam = compute(statistics_gen.Executor, examples, tmp_path / "beam")
    monkeypatch.setattr(statistics_gen.Executor, "Do", None)  # Not to be called now.
    ours = compute(executor.Executor, examples, tmp_path / "ours")
    assert ours.split_names == beam.split_names
    assert ours.span == beam.span
    for split, rows in ROWS.items():
        assert read(ours, split) == read(beam, split)
        assert read(ours, split)[0] == len(rows)
    schemas = [
        tfdv.infer_schema(
            tfdv.load_stats_binary(os.path.join(a.uri, "Split-train/FeatureStats.pb"))
        )
        for a in (ours, beam)
    ]
    assert schemas[0] == schemas[1]


def test_large_data_is_left_to_beam(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(executor, "SMALL", 10)
    called = []
    monkeypatch.setattr(statistics_gen.Executor, "Do", lambda self, *_: called.append(self))
    compute(executor.Executor, examples, tmp_path / "ours")
    assert len(called) == 1
