"""Tests of pipeline/modules/trainer.py: what a training leaves in the folder of the model run."""

import json
import pathlib
import shutil
import types

import numpy as np
import pytest
import tensorflow as tf

from models.tasks import classification
from models.text import bag_of_words, naive_bayes, subwords
from models.training.config import TrainingConfig
from pipeline import artifact_files
from pipeline.config import loading, sections
from pipeline.modules import trainer
from serving.export import reference
from tests.pipeline.modules import test_tuner

pytestmark = pytest.mark.tfx

MODEL = bag_of_words.BagOfWordsConfig(
    vocabulary_size=60, sequence_length=4, tokenizer="wordpiece", weighting="binary"
)

GRADIENTS = TrainingConfig(epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Two splits, the training split under two names, and a graph that passes texts on."""
    folder = tmp_path_factory.mktemp("trainer")
    test_tuner.write_splits(folder)
    test_tuner.write_graph(folder, feature="text")
    shutil.copy(folder / "train.gz", folder / "other.gz")
    return folder


COUNTED = naive_bayes.NaiveBayesConfig(vocabulary_size=60, sequence_length=4, tokenizer="wordpiece")


def train(given, folder, train="train.gz", model=MODEL, training=GRADIENTS):
    """Train in a folder, and return the summary of the model run."""
    learner = sections.LearnerConfig(
        classification.TextClassification("text_classification"),
        model,
        training,
    )
    resumable = str(folder / "unfinished")
    trainer.run_fn(
        types.SimpleNamespace(
            custom_config={"learner": loading.dump_learner(learner), "resumable": resumable},
            hyperparameters=None,
            transform_output=str(given / "graph"),
            train_files=[str(given / train)],
            eval_files=[str(given / "eval.gz")],
            model_run_dir=str(folder / "run"),
            serving_model_dir=str(folder / "export"),
        )
    )
    return json.loads((folder / "run" / artifact_files.SUMMARY).read_text("utf-8"))


@pytest.mark.slow
def test_a_learned_tokenizer_is_kept_for_other_trainings(given, tmp_path):
    model = train(given, tmp_path)["learner"]["model"]
    shutil.rmtree(tmp_path / "unfinished")  # As a finished run does.
    assert pathlib.Path(model["tokenizer_file"]).parent == tmp_path / "run"
    tokenizer = subwords.load("wordpiece", model["tokenizer_file"], 4)
    assert tokenizer.vocabulary_size() == model["vocabulary_size"]


def test_only_a_training_that_takes_up_epochs_of_an_earlier_try_is_continued(given, tmp_path):
    first = train(given, tmp_path)
    assert not first["is_continued"] and first["seconds"] > 0
    assert train(given, tmp_path)["is_continued"]
    assert not train(given, tmp_path, train="other.gz")["is_continued"]
    assert (tmp_path / "run" / artifact_files.HISTORY).is_file()
    # What rounding does to the answers is noted for the Canary.
    noted = reference.load(tmp_path / "run" / artifact_files.REFERENCE)["serving_default"]
    assert noted["rounding"].keys() == {"probability", "probabilities"}
    assert 0 < noted["rounding"]["probabilities"] < 1e-5


def test_a_model_that_is_counted_is_exported_continued_and_described_alike(given, tmp_path):
    options = {"model": COUNTED, "training": TrainingConfig(batch_size=8)}
    first = train(given, tmp_path, **options)
    assert not first["is_continued"]
    size = first["learner"]["model"]["vocabulary_size"]
    assert (first["trainable_parameters"], first["frozen_parameters"]) == (2 * size + 2, 0)
    history = json.loads((tmp_path / "run" / artifact_files.HISTORY).read_text("utf-8"))
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    answers = reference.load(tmp_path / "run" / artifact_files.REFERENCE)["serving_default"]
    signature = tf.saved_model.load(str(tmp_path / "export")).signatures["serving_default"]
    served = signature(text=tf.constant(answers["inputs"]["text"].tolist()))
    for name, wanted in answers["outputs"].items():
        if wanted.dtype == object:
            assert served[name].numpy().tolist() == wanted.tolist()
        else:
            np.testing.assert_allclose(served[name], wanted, rtol=1e-5)
    assert train(given, tmp_path, **options)["is_continued"]
