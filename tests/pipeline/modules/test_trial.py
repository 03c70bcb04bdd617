"""Tests of pipeline/modules/trial.py: a trial trains as the Trainer would."""

import keras
import keras_tuner
import numpy as np
import pytest

from models.finetuning.config import Full, Gradual, HeadFirst
from models.tasks import classification
from models.text import naive_bayes, pretrained, text_cnn
from models.training import estimate, fit
from models.training.config import TrainingConfig
from models.tuning.config import SearchRange, TuningConfig
from pipeline.config import loading, sections
from pipeline.modules import trial
from pipeline.modules.learner import prepare
from tests.models import tiny_presets
from tests.pipeline.modules import test_tuner

pytestmark = pytest.mark.tfx

RATE = "training.learning_rate"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Two splits, a transform graph that passes texts on, and a tiny encoder of three blocks."""
    folder = tmp_path_factory.mktemp("trial")
    test_tuner.write_splits(folder)
    test_tuner.write_graph(folder, feature="text")
    tiny_presets.save_bert(folder / "preset")
    return folder


def make_job(given, resumable, method, epochs=3):
    preset = str(given / "preset")
    model = pretrained.PretrainedTextConfig(preset=preset, sequence_length=6, fine_tuning=method)
    return job_of(given, resumable, model, TrainingConfig(epochs=epochs, batch_size=8))


def job_of(given, resumable, model, training, searched=RATE):
    learner = sections.LearnerConfig(
        classification.TextClassification("text_classification"),
        model,
        training,
        TuningConfig(space={searched: SearchRange(log=(1e-3, 1e-1))}),
    )
    return trial.Job(
        learner=loading.dump_learner(learner),
        resumable=str(resumable),
        transform_graph=str(given / "graph"),
        train_files=(str(given / "train.gz"),),
        eval_files=(str(given / "eval.gz"),),
        folder=str(resumable),
    )


def values(**others):
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.values = {RATE: 0.01, **others}
    return hyperparameters


@pytest.mark.parametrize(
    "method",
    [
        HeadFirst(head_epochs=1),
        pytest.param(Gradual(block_epochs=1), marks=pytest.mark.slow),
        pytest.param(Full(layer_decay=0.5), marks=pytest.mark.slow),
    ],
)
def test_a_trial_goes_through_the_phases_of_the_trainer(given, tmp_path, method):
    job = make_job(given, tmp_path, method)
    found = trial.Trial(job)
    history = found.fit(values(), found.build(values())).history

    learner_config = loading.load_learner(job.learner, {RATE: 0.01})
    learner = prepare(learner_config, job.transform_graph, job.train_files, tmp_path)
    trained = fit.fit(
        learner.build("float32"),
        learner.objective,
        learner.batches(job.train_files, shuffled=True),
        learner.batches(job.eval_files, shuffled=False),
        learner_config.training,
        tmp_path / "checkpoints",
        tmp_path / "logs",
        fine_tuning=method,
    )
    assert {name: len(history[name]) for name in history} == dict.fromkeys(trained, 3)
    for name, expected in trained.items():
        np.testing.assert_allclose(history[name], expected, rtol=1e-4)


def test_a_shortened_trial_stops_before_its_last_phase(given, tmp_path):
    found = trial.Trial(make_job(given, tmp_path, HeadFirst(head_epochs=2)))
    model = found.build(values())
    before = [weight.numpy() for weight in model.get_layer("backbone").weights]
    assert found.fit(values(), model, epochs=2).epoch == [0, 1]
    for weight, value in zip(model.get_layer("backbone").weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_a_continued_trial_begins_in_the_phase_it_stopped_in(given, tmp_path):
    found = trial.Trial(make_job(given, tmp_path, HeadFirst(head_epochs=1)))
    model = found.build(values(**{"tuner/initial_epoch": 2}))
    assert all(weight.trainable for weight in model.get_layer("backbone").weights)
    optimizer = model.optimizer
    assert found.fit(values(), model, initial_epoch=2).epoch == [2]
    assert model.optimizer is optimizer
    assert isinstance(optimizer, keras.optimizers.Optimizer)


def test_a_trial_with_the_values_of_the_one_before_can_read_its_texts(given, tmp_path):
    model = text_cnn.TextCNNConfig(
        vocabulary_size=40, sequence_length=6, tokenizer="unigram", embedding_dim=3, filters=2
    )
    training = TrainingConfig(epochs=1, batch_size=8, cache_mib=0)
    found = trial.Trial(job_of(given, tmp_path, model, training))
    losses = []
    for _ in range(2):
        losses += found.fit(values(), found.build(values())).history["loss"]
        keras.backend.clear_session()  # As a search does between trials.
    assert losses[0] == losses[1]


def test_a_trial_that_is_counted_equals_the_trainer(given, tmp_path):
    model = naive_bayes.NaiveBayesConfig(
        vocabulary_size=40, sequence_length=6, tokenizer="unigram", weighting="tf_idf"
    )
    smoothing = {"model.smoothing": 0.2}
    job = job_of(given, tmp_path, model, TrainingConfig(batch_size=8), "model.smoothing")
    found, hp = trial.hypermodel(job), keras_tuner.HyperParameters()
    hp.values = smoothing
    history = found.fit(hp, found.build(hp))

    learner_config = loading.load_learner(job.learner, smoothing)
    learner = prepare(learner_config, job.transform_graph, job.train_files, tmp_path)
    _, trained = estimate.fit(
        learner.build("float32"),
        learner.estimator(),
        learner.objective(),
        learner.batches(job.train_files, shuffled=False),
        learner.counted,
        learner.batches(job.eval_files, shuffled=False),
        tmp_path / "checkpoints",
        tmp_path / "logs",
    )
    assert history.history == trained
    assert history.epoch == [0]
