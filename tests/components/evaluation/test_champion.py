"""Tests of components/evaluation: a served model that cannot be compared with ends no run."""

import logging
import shutil

import pytest
import tensorflow as tf
from tfx.components.evaluator import executor as evaluator
from tfx.types import artifact_utils, standard_artifacts

from components.evaluation import champion, executor

pytestmark = pytest.mark.tfx


class Served(tf.Module):
    """Reads the column `text`."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def serve_examples(self, examples):
        spec = {"text": tf.io.FixedLenFeature([], tf.string)}
        text = tf.io.parse_example(examples, spec)["text"]
        length = tf.cast(tf.strings.length(text), tf.float32)
        return {"probabilities": tf.stack([length, -length], 1)}


def example(column):
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"abc"]))
    return tf.train.Example(features=tf.train.Features(feature={column: value})).SerializeToString()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "model"
    model = Served()
    tf.saved_model.save(model, str(folder), {"serve_examples": model.serve_examples})
    return folder


def test_a_model_that_answers_has_no_problem(saved):
    assert champion.problem(saved, saved, [example("text")] * 3) is None


def test_examples_without_its_column_are_the_problem(saved):
    found = champion.problem(saved, saved, [example("review")])
    assert found.startswith("it cannot be asked about these examples: ")
    assert "text" in found
    assert "\n" not in found


def test_a_model_that_is_gone_or_broken_is_told(saved, tmp_path):
    assert champion.problem(tmp_path / "no", saved, []) == f"{tmp_path / 'no'} is gone"
    broken = shutil.copytree(saved, tmp_path / "broken")
    (broken / "saved_model.pb").write_bytes(b"\xff" * 50)
    assert f"{broken} cannot be loaded: " in champion.problem(broken, saved, [])


class Another(tf.Module):
    """Answers something else."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def serve_examples(self, examples):
        return {"value": tf.zeros_like(examples, tf.float32)}


def test_a_model_of_another_kind_is_told(tmp_path, saved):
    model = Another()
    tf.saved_model.save(model, str(tmp_path / "m"), {"serve_examples": model.serve_examples})
    found = champion.problem(tmp_path / "m", saved, [example("text")])
    assert found == "it does not answer probabilities"
    tf.saved_model.save(model, str(tmp_path / "n"), {"other": model.serve_examples})
    found = champion.problem(tmp_path / "n", saved, [example("text")])
    assert found == "it has no signature serve_examples"


class Evaluated:
    """TFX's executor, which fails where a broken model takes part; notes what it is given."""

    def __init__(self, fails):
        self.fails = fails
        self.given = []

    def __call__(self, _, inputs, outputs, properties):
        self.given.append(sorted(inputs))
        if self.fails(inputs):
            raise RuntimeError("deep inside")


def inputs(tmp_path, served):
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    (tmp_path / "examples" / "Split-eval").mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(f"{examples.uri}/Split-eval/data.gz", options) as writer:
        writer.write(example("text"))
    model = standard_artifacts.Model()
    model.uri = str(served)
    return {"examples": [examples], "model": [model], "baseline_model": [model]}


def run(monkeypatch, fails, given):
    evaluated = Evaluated(fails)
    monkeypatch.setattr(evaluator.Executor, "Do", lambda *a: evaluated(*a))
    executor.Executor().Do(given, {}, {"example_splits": "null", "eval_config": "{}"})
    return evaluated.given


def test_evaluation_goes_on_without_a_served_model_that_is_gone(monkeypatch, tmp_path, caplog):
    given = inputs(tmp_path, tmp_path / "gone")
    with caplog.at_level(logging.INFO):
        seen = run(monkeypatch, lambda given: "baseline_model" in given, given)
    assert seen == [["baseline_model", "examples", "model"], ["examples", "model"]]
    (remark,) = [r.getMessage() for r in caplog.records if r.name == "maru.outcome"]
    assert remark.startswith("not compared with the served model: ")
    assert remark.endswith("is gone")


def test_a_failure_that_is_not_the_served_models_is_not_hidden(monkeypatch, tmp_path, saved):
    given = inputs(tmp_path, tmp_path / "served")
    shutil.copytree(saved, tmp_path / "served" / "Format-Serving")
    with pytest.raises(RuntimeError, match="deep inside"):
        run(monkeypatch, lambda given: True, given)
    with pytest.raises(RuntimeError, match="deep inside"):
        run(monkeypatch, lambda given: True, given | {"baseline_model": []})
