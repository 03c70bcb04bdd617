"""What tests of commands need: the command, in this process; a run that pushed a model."""

import json
import sys

import numpy as np
import pytest

from components.ingest import tfexample
from pipeline import artifact_files, cli, past_runs, paths
from pipeline.config import loading
from pipeline.scoring import asking
from pipeline.scoring.rows import Input
from serving.export import description

STARTED = "20260101-000000-000"
CONFIG = {
    "name": "mail",
    "task": {"kind": "text_classification", "text": "review", "label": "stars"},
    "data": {"source": {"kind": "csv", "path": "old.csv", "encoding": "cp949"}},
    "model": {"kind": "text_cnn"},
    "evaluation": {"slices": ["text_length"]},
}
TRAIN = [(f"train text {i} {'good' if i % 2 else 'bad'}", str(i % 2)) for i in range(30)]


@pytest.fixture
def maru(monkeypatch, capfd):
    """The command: arguments in; exit code, output and errors out."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["maru", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = stopped.code
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def pipeline_folders(tmp_path):
    return paths.Paths(tmp_path / "workspace", "mail")


DESCRIBED = description.Description(
    kind="text_classification",
    inputs=(description.Input("text", "text", "review"),),
    labels={"stars": ("0", "1")},
    shown_as="ranked_labels",
    outputs=(),
    examples=(),
)


@pytest.fixture
def leave_run(pipeline_folders):
    """Leaves what a run of a config leaves, with its model as what is served; gives the run."""
    where = pipeline_folders

    def call(changes=None):
        folder = where.run(STARTED)
        folder.mkdir(parents=True)
        config = loading.from_mapping(CONFIG | (changes or {}), source="the test")
        (folder / artifact_files.CONFIG).write_text(loading.to_yaml(config))
        examples = where.artifacts / "Ingest" / "examples" / "1"
        _write(examples / "Split-train")
        summary = {
            "version": 7,
            "refusals": [],
            "analysis": "",
            "split": "eval",
            "rows": {"train": {"0": 15, "1": 15}},
            "metrics": {"all": {"accuracy": 0.9, "macro_f1": 0.9, "cross_entropy": 0.3}},
            "stages": [{"stage": "Ingest", "outputs": {"examples": str(examples)}}],
        }
        (folder / artifact_files.RUN_SUMMARY).write_text(json.dumps(summary))
        served = where.served / "7"
        (served / artifact_files.SOURCE).parent.mkdir(parents=True)
        (served / "saved_model.pb").touch()
        (served / artifact_files.SOURCE).write_text("model 1")
        description.write(served, DESCRIBED)
        (run,) = past_runs.find(where.workspace, "mail")
        return run

    return call


def _write(folder):
    import tensorflow as tf  # Slow, and few tests need it.

    folder.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(folder / "data.gz"), options) as writer:
        for text, label in TRAIN:
            values = {"review": text.encode(), "stars": label.encode()}
            writer.write(tfexample.serialize(values))


@pytest.fixture
def fake_model():
    """Answers `1` to what holds `good`, else `0`, each time with 0.75; refuses `unheard`."""

    def ask(values):
        texts = list(values["text"])
        if any(b"unheard" in text for text in texts):
            raise asking.Refused("never heard of it")
        is_good = np.array([b"good" in text for text in texts])
        probabilities = np.where(is_good[:, None], [0.25, 0.75], [0.75, 0.25]).astype(np.float32)
        labels = np.empty((len(texts), 2), object)
        labels[:] = ["0", "1"]
        return {
            "label": np.where(is_good, "1", "0").astype(object),
            "probability": probabilities.max(axis=1),
            "labels": labels,
            "probabilities": probabilities,
        }

    return asking.Model((Input("text", "text", "review"),), ask, "mail, version 7")
