"""Tests of pipeline/config/sections.py: which model fits a task, and what fits a model."""

import dataclasses

import pytest

from models import zoo
from pipeline.config import loading
from pipeline.config.problems import ConfigError

SMALL = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: csv, path: reviews.csv}}
model: {kind: text_cnn}
"""
COUNTED = SMALL.replace("text_cnn", "naive_bayes")


@pytest.fixture
def write(tmp_path):
    def write_text(text, name="reviews.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


def refusal(path):
    with pytest.raises(ConfigError) as caught:
        loading.load(path)
    return caught.value.problems


def test_a_model_that_cannot_read_the_task_is_refused_with_those_that_can(write):
    path = write(SMALL.replace("text_cnn", "resnet, blocks: [1]"))
    assert refusal(path) == [
        "model.kind: `model.kind: resnet` reads image, but `task.kind: text_classification` gives "
        "text. Models that fit: bag_of_words, bert, elmo, embedding_pooling, hub_text, "
        "naive_bayes, pretrained_text, recurrent, text_cnn, transformer."
    ]


def test_a_model_that_does_not_provide_what_the_task_needs_is_refused(write, monkeypatch):
    bare = dataclasses.replace(zoo.MODELS["text_cnn"], provides=frozenset())
    monkeypatch.setitem(zoo.MODELS, "text_cnn", bare)
    (problem,) = refusal(write(SMALL))
    assert problem.startswith(
        "model.kind: `model.kind: text_cnn` provides nothing, but `task.kind: text_classification` "
        "needs vector. Models that fit: bag_of_words, "
    )


def test_a_model_that_cannot_learn_the_target_is_refused(write):
    path = write(SMALL.replace("text_cnn", "naive_bayes").replace("classification", "regression"))
    (problem,) = refusal(path)
    assert problem.startswith(
        "model.kind: `model.kind: naive_bayes` learns targets of categories or category, but that "
        "of `task.kind: text_regression` is a number. Models that fit: bag_of_words, "
    )


@pytest.mark.parametrize("kind", ["contrastive_embedding", "bidirectional_language_modeling"])
def test_a_counted_model_is_refused_where_it_cannot_learn_from_inputs_alone(write, kind):
    text = COUNTED.replace("text_classification", kind)
    problems = refusal(write(text))
    assert any(one.startswith("model.kind: `model.kind: naive_bayes` ") for one in problems)
    assert not any(
        "Models that fit: naive_bayes" in one or ", naive_bayes" in one for one in problems
    )


def test_a_counted_model_of_what_follows_is_of_that_task_alone(write):
    text = SMALL.replace("text_cnn", "ngram")
    (problem,) = refusal(write(text))
    assert "`model.kind: ngram` provides continuation, but" in problem
    config = loading.load(write(text.replace("text_classification", "language_modeling")))
    assert (config.model.order, config.model.smoothing.kind) == (4, "kneser_ney")
    (problem,) = refusal(
        write(text.replace("text_classification", "language_modeling") + "training: {epochs: 2}\n")
    )
    assert "`model.kind: ngram` is counted in one pass" in problem


@pytest.mark.parametrize(
    ("training", "received"),
    [
        ("epochs: 3", "epochs=3"),
        ("learning_rate: 0.5", "learning_rate=0.5"),
        ("optimizer: sgd", "optimizer={'kind': 'sgd', "),
        ("schedule: cosine", "schedule={'warmup': 0.0, 'kind': 'cosine'}"),
        ("class_weights: balanced", "class_weights=balanced"),
        ("early_stopping: {patience: 2}", "early_stopping={'patience': 2}"),
        ("precision: mixed_bfloat16", "precision=mixed_bfloat16"),
    ],
)
def test_what_is_about_gradients_is_refused_where_none_train(write, training, received):
    (problem,) = refusal(write(f"{COUNTED}training: {{{training}}}\n"))
    field = training.split(":")[0]
    assert problem.startswith(
        f"training.{field}: is about training by gradients, but `model.kind: naive_bayes` "
        f"is counted in one pass over the examples. Received: {received}"
    )
    assert problem.endswith("Leave it out.")


def test_how_examples_are_read_is_for_every_model(write):
    path = write(f"{COUNTED}training: {{batch_size: 512, seed: 4, cache_mib: 0}}\n")
    assert loading.load(path).training.batch_size == 512
    shown = write(loading.to_yaml(loading.load(path)), "shown.yaml")
    assert loading.load(shown) == loading.load(path)


def test_a_search_that_shortens_trials_is_refused_where_there_are_no_epochs(write):
    tuning = "tuning: {algorithm: hyperband, space: {model.smoothing: {values: [0.1, 1.0]}}}\n"
    (problem,) = refusal(write(COUNTED + tuning))
    assert problem.startswith("tuning.algorithm: hyperband gives weak trials fewer epochs, but")
