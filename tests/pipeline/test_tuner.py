"""Tests of pipeline/modules/tuner.py: real searches on twenty rows, one per algorithm."""

import json
import types

import pytest

pytestmark = pytest.mark.tfx

import apache_beam  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_transform as tft  # noqa: E402
import tensorflow_transform.beam as tft_beam  # noqa: E402
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils  # noqa: E402

from models.tasks import classification  # noqa: E402
from models.text import text_cnn  # noqa: E402
from models.training.config import TrainingConfig  # noqa: E402
from models.tuning import SearchRange, TuningConfig  # noqa: E402
from pipeline import config  # noqa: E402
from pipeline.modules import transform, tuner  # noqa: E402

MODEL = text_cnn.TextCNNConfig(
    vocabulary_size=50, sequence_length=4, embedding_dim=3, filters=2, kernel_sizes=(1,)
)
SPACE = {
    "training.learning_rate": SearchRange(log=(1e-3, 1e-1)),
    "model.filters": SearchRange(values=(2, 5)),
}
ROWS = [("좋은 영화" if i % 3 else "dull film", "good" if i % 3 else "bad") for i in range(20)]
BEAM = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What TFX would hand over: a transform graph and two splits."""
    folder = tmp_path_factory.mktemp("tuner")
    for split, rows in (("train", ROWS), ("eval", ROWS[:7])):
        options = tf.io.TFRecordOptions(compression_type="GZIP")
        with tf.io.TFRecordWriter(str(folder / f"{split}.gz"), options) as writer:
            for text, label in rows:
                example = tf.train.Example()
                example.features.feature["text"].bytes_list.value.append(text.encode())
                example.features.feature["label"].bytes_list.value.append(label.encode())
                writer.write(example.SerializeToString())
    write_graph(folder)
    return folder


def write_graph(folder):
    spec = {name: tf.io.FixedLenFeature([1], tf.string) for name in ("text", "label")}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [{"text": [text.encode()], "label": [label.encode()]} for text, label in ROWS]
    custom_config = {
        "feature": "token_ids",
        "input_column": "text",
        "label_column": "label",
        "model": json.dumps({"vocabulary_size": 50, "sequence_length": 4, "tokenizer": "words"}),
    }
    with (
        apache_beam.Pipeline(argv=[BEAM, "--no_pipeline_type_check"]) as beam,
        tft_beam.Context(temp_dir=str(folder / "temp")),
    ):
        data = (beam | apache_beam.Create(rows), metadata)
        function = data | tft_beam.AnalyzeDataset(
            lambda inputs: transform.preprocessing_fn(inputs, custom_config)
        )
        function | tft_beam.WriteTransformFn(str(folder / "graph"))
        metadata | tft_beam.WriteMetadata(
            str(folder / "graph" / tft.TFTransformOutput.RAW_METADATA_DIR), beam
        )


def arguments(given, resumable, tuning):
    learner = config.LearnerConfig(
        classification.TextClassification("text_classification"),
        MODEL,
        TrainingConfig(epochs=2, batch_size=8),
        tuning,
    )
    return types.SimpleNamespace(
        custom_config={
            "learner": config.dump_learner(learner),
            "resumable": str(resumable),
            "code": "a",
        },
        transform_graph_path=str(given / "graph"),
        train_files=[str(given / "train.gz")],
        eval_files=[str(given / "eval.gz")],
    )


def search(given, resumable, **fields):
    fn_args = arguments(given, resumable, TuningConfig(space=SPACE, **fields))
    result = tuner.tuner_fn(fn_args)
    result.tuner.search(**result.fit_kwargs)
    return result.tuner, fn_args


@pytest.mark.parametrize(
    ("algorithm", "trials"), [("random", 2), ("grid", 2), ("bayesian", 3), ("hyperband", None)]
)
def test_every_algorithm_keeps_every_trial_with_its_score(given, tmp_path, algorithm, trials):
    fields = {"trials": trials} if trials else {}
    found, fn_args = search(given, tmp_path, algorithm=algorithm, **fields)
    finished = found.oracle.trials.values()
    assert len(finished) == trials if trials else len(finished) >= 2
    for trial in finished:
        assert 0 <= trial.score <= 1
        assert trial.hyperparameters.values.keys() >= SPACE.keys()
        assert trial.hyperparameters.get("model.filters") in (2, 5)
        assert 1e-3 <= trial.hyperparameters.get("training.learning_rate") <= 1e-1
    best = found.get_best_hyperparameters()[0].values
    assert found.oracle.get_best_trials()[0].score == max(trial.score for trial in finished)
    # The Trainer takes the values as they are.
    values = {name: best[name] for name in SPACE}
    chosen = config.load_learner(fn_args.custom_config["learner"], values)
    assert chosen.model.filters == best["model.filters"]
    assert chosen.training.learning_rate == best["training.learning_rate"]


def test_a_search_that_is_started_again_keeps_its_finished_trials(given, tmp_path):
    first, _ = search(given, tmp_path, trials=2, objective="val_loss")
    scores = {name: trial.score for name, trial in first.oracle.trials.items()}
    again, _ = search(given, tmp_path, trials=2, objective="val_loss")
    assert {name: trial.score for name, trial in again.oracle.trials.items()} == scores
    assert again.oracle.get_best_trials()[0].score == min(scores.values())


def test_another_search_does_not_continue_this_one(given, tmp_path):
    first, _ = search(given, tmp_path, trials=1)
    other, _ = search(given, tmp_path, trials=1, seed=7)
    assert first.project_dir != other.project_dir


def test_two_equal_searches_find_the_same(given, tmp_path):
    first, _ = search(given, tmp_path / "first", trials=2)
    second, _ = search(given, tmp_path / "second", trials=2)
    scores = [[t.score for t in s.oracle.trials.values()] for s in (first, second)]
    assert scores[0] == scores[1]
