"""What every kind of task promises, checked the same way for each."""

import dataclasses
import typing

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import zoo
from models.image import resnet
from models.tasks import facts as counting
from models.tasks import table
from models.tasks import task as tasks
from models.tasks.task import TARGET, Facts
from models.text import bag_of_words
from models.training import fit
from models.training.config import TrainingConfig
from tests import strict

WORDS = ("하나", "two", "three")
FACTS = {
    "category": lambda name: Facts({name: WORDS}),
    "categories": lambda name: Facts({name: WORDS}),
    "number": lambda name: Facts(means={name: 100.0}, deviations={name: 20.0}),
}
TARGETS = {
    "category": tf.constant([0, 1, -1, 2, 1], tf.int64),
    "categories": tf.sparse.from_dense(tf.constant([[1, 3], [2, 0], [0, 0], [1, 2], [3, 0]])),
    "number": tf.constant([80.0, 100.0, 140.0, 60.0, 120.0]),
}
"""Of five examples, as Transform gives them; one of them is unknown or has no label."""
MODELS = {
    "text": bag_of_words.BagOfWordsConfig(vocabulary_size=11, sequence_length=4),
    "image": resnet.ResNetConfig(blocks=(1,), width=4, image_size=8, stem="small", pixels="unit"),
}
KINDS = sorted(table.TASKS)


def make(kind, **fields):
    return table.TASKS[kind](kind=kind, **fields)


def facts_of(task):
    (target,) = tasks.targets(task)
    return FACTS[target.holds](target.name)


def target_of(task):
    """The target as Transform gives it; ids of categories begin at 0."""
    holds = tasks.targets(task)[0].holds
    value = TARGETS[holds]
    if holds != "categories":
        return value
    return tf.SparseTensor(value.indices, tf.cast(value.values, tf.int64) - 1, value.dense_shape)


def batch_of(task):
    features = {"anything": tf.zeros(5), TARGET: target_of(task)}
    return task.batch(features, facts_of(task))


def built(task):
    keras.utils.set_random_seed(0)
    return zoo.build(MODELS[tasks.reads(task)], task, facts_of(task))


def inputs_of(task):
    random = np.random.default_rng(0)
    if tasks.reads(task) == "text":
        return {"token_ids": random.integers(1, 11, (5, 4)).astype("int32")}
    return {"image": random.integers(0, 255, (5, 8, 8, 3)).astype("uint8")}


@pytest.fixture(params=KINDS)
def task(request):
    return make(request.param)


def test_a_kind_is_named_as_in_the_table(task):
    kind = typing.get_type_hints(type(task))["kind"]
    assert typing.get_args(kind) == (task.kind,)


def test_columns_are_fields_of_the_yaml(task):
    fields = {field.name for field in dataclasses.fields(task)}
    assert {column.field for column in task.columns} <= fields
    assert [getattr(task, column.field) for column in task.columns] == [
        column.name for column in task.columns
    ]
    assert len({column.served_as for column in tasks.inputs(task)}) == len(tasks.inputs(task))
    assert len(tasks.targets(task)) == 1


def test_the_target_is_no_input(task):
    batch = batch_of(task)
    assert set(batch.inputs) == {"anything"}
    assert len(batch.target) == 5


def test_the_loss_of_knowing_nothing_is_that_of_training(task):
    facts, target = facts_of(task), batch_of(task).target
    zeros = np.zeros((5, built(task).output.shape[-1]), "float32")
    told = task.expected(facts)
    loss = float(task.objective(facts, TrainingConfig()).loss(target, zeros))
    assert told.errors(np.asarray(target), zeros).mean() == pytest.approx(loss, rel=1e-5)
    assert told.check_targets(np.asarray(target), zeros.shape[-1]) is None
    assert told.is_right(np.asarray(target), zeros).shape == (5,)


def test_a_training_runs_and_what_is_watched_is_what_a_search_may_go_by(task):
    model, target = built(task), batch_of(task).target
    training = TrainingConfig()
    fit.compile_model(model, task.objective(facts_of(task), training), training, steps=1)
    data = tf.data.Dataset.from_tensors((inputs_of(task), target))
    history = model.fit(data, validation_data=data, verbose=0).history
    assert set(task.monitored) <= set(history)
    assert all(np.isfinite(values).all() for values in history.values())


def test_answers_have_a_row_for_each_example_and_metrics_judge_them(task):
    facts = facts_of(task)
    answers = task.answers(built(task)(inputs_of(task)), facts)
    assert {int(value.shape[0]) for value in answers.values()} == {5}
    (target,) = tasks.targets(task)
    value = {"category": "two", "categories": ("two",), "number": 90.0}[target.holds]
    for metric in task.metrics:
        assert set(metric.reads) <= set(answers)
        row = {name: _plain(answers[name][0].numpy()) for name in metric.reads}
        rows = np.stack([metric.statistics({target.name: value}, row)] * 2)
        low, high = metric.bounds
        assert low <= metric.figure(rows) <= high


def _plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if value.dtype == object:
        return np.array([word.decode() for word in value], object)
    return value


def test_targets_can_be_mixed_by_shares(task):
    facts, target = facts_of(task), batch_of(task).target
    soft = task.soften(target, facts)
    assert soft.dtype == tf.float32
    mixed = 0.25 * soft + 0.75 * tf.roll(soft, 1, 0)
    objective = task.objective(facts, TrainingConfig())
    assert np.isfinite(float(objective.loss(mixed, built(task)(inputs_of(task)))))


def test_of_mixed_images_a_label_counts_as_theirs_if_half_of_it_is():
    task = make("image_multi_label")
    (watched,) = task.objective(facts_of(task), TrainingConfig()).metrics
    mixed = tf.constant([[0.75, 0.25, 0.0], [0.5, 1.0, 0.3]])
    logits = tf.constant([[2.0, -1.0, 3.0], [0.1, -4.0, -1.0]])
    assert float(watched(mixed, logits)) == pytest.approx(4 / 6)


def test_numbers_are_learned_standardised_and_answered_in_their_unit():
    task = make("text_regression")
    batch = batch_of(task)
    np.testing.assert_allclose(batch.target[:, 0], [-1, 0, 2, -2, 1])
    answer = task.answers(tf.constant([[0.5], [-1.0]]), facts_of(task))
    np.testing.assert_allclose(answer["value"], [110, 80])


def test_a_target_that_never_varies_is_refused():
    task = make("image_regression")
    with pytest.raises(ValueError, match="one value of `target` only: 3"):
        task.check(Facts(means={"target": 3.0}, deviations={"target": 0.0}))


def test_one_label_is_refused():
    task = make("text_pair_classification")
    with pytest.raises(ValueError, match="one label only: 'same'"):
        task.check(Facts({"label": ("same",)}))


def test_several_labels_are_marked_and_unknown_ones_left_out():
    task = make("text_multi_label")
    ids = tf.sparse.from_dense(tf.constant([[1, 3], [2, 0], [0, 0]], tf.int64))
    ids = tf.SparseTensor(ids.indices, ids.values - 1, ids.dense_shape)
    unknown = tf.SparseTensor(ids.indices, tf.constant([0, 2, -1], tf.int64), ids.dense_shape)
    found = task.batch({TARGET: unknown}, facts_of(task)).target
    np.testing.assert_array_equal(found, [[1, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert task.batch({TARGET: ids}, facts_of(task)).target.numpy()[1].tolist() == [0, 1, 0]


def test_a_batch_without_any_label_has_none():
    nothing = tf.SparseTensor(tf.zeros((0, 2), tf.int64), tf.zeros(0, tf.int64), (4, 0))
    task = make("text_multi_label")
    found = task.batch({TARGET: nothing}, facts_of(task)).target
    np.testing.assert_array_equal(found, np.zeros((4, 3)))


def test_thresholds_are_those_with_the_greatest_f1():
    task = make("image_multi_label")
    logits = np.array([[3.0, -1, 0], [1, -2, 0], [-1, -3, 0], [-2, 1, 0], [2, 1, 0]])
    targets = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 0]], float)
    facts = task.settle(facts_of(task), lambda: (logits, targets))
    first, second, third = facts.thresholds["labels"]
    sigmoid = 1 / (1 + np.exp(-logits))
    assert sigmoid[2, 0] < first <= sigmoid[1, 0]
    assert sigmoid[1, 1] < second <= sigmoid[0, 1]
    assert third == 0.5
    chosen = task.answers(tf.constant(logits, tf.float32), facts)["is_chosen"].numpy()
    assert chosen[:, 0].tolist() == [True, True, False, False, True]


@pytest.mark.parametrize("separator", ["", "  ", "\t"])
def test_a_separator_that_is_no_sign_is_refused(separator):
    with pytest.raises(ValueError, match="separator: must be a sign"):
        strict.check(make("text_multi_label", separator=separator))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("text_regression", {"class_weights": "balanced"}),
        ("image_regression", {"label_smoothing": 0.1}),
        ("text_multi_label", {"class_weights": {"a": 2.0}}),
    ],
)
def test_fields_about_one_label_are_refused_elsewhere(kind, fields):
    with pytest.raises(ValueError, match=f"`training.{next(iter(fields))}`"):
        make(kind).check_training(TrainingConfig(**fields))


def test_mean_and_deviation_of_parts_are_those_of_the_whole():
    drawn = np.random.default_rng(0).normal(1e6, 3, 1001).astype("float32")
    mean, deviation = counting.mean_and_deviation([drawn[:1], drawn[1:500], drawn[500:]])
    assert mean == pytest.approx(drawn.astype(float).mean(), rel=1e-12)
    assert deviation == pytest.approx(drawn.astype(float).std(), rel=1e-9)
    assert counting.mean_and_deviation([np.full(3, 0.1)])[1] == 0
