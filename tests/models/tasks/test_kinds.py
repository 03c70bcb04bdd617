"""Tests of the kinds of task in models/tasks/: what all promise, and what is each one's own."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from models.tasks import facts as counting
from models.tasks import table
from models.tasks.task import TARGET
from models.training.config import TrainingConfig
from tests import strict
from tests.models.tasks import conformance

CASES = {case.name: case for case in conformance.CASES}


@pytest.mark.parametrize("check", conformance.CHECKS)
@pytest.mark.parametrize("name", sorted(CASES))
def test_conforms(check, name, tmp_path):
    check(CASES[name], tmp_path)


def test_every_kind_conforms():
    kinds = {case.kind for case in CASES.values()}
    assert kinds == table.TASKS.keys(), "conformance.HELD lacks what its target holds"


def make(kind, **fields):
    return table.TASKS[kind](kind=kind, **fields)


def facts_of(task):
    return CASES[task.kind].facts


def batch_of(task):
    return CASES[task.kind].batch()


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


def test_separate_texts_have_the_vectors_that_their_number_is_computed_from(tmp_path):
    case = CASES["text_pair_regression-separate"]
    model, _, network = case.model(tmp_path)
    rows, _ = case.raw()
    embed = case.task.endpoints(network, case.facts).functions["embed"]
    first, second = (embed({"text": tf.constant(cells)})["embedding"] for cells in rows.values())
    kernel, bias = model.get_layer("value").get_weights()
    cosines = np.sum(first.numpy() * second.numpy(), axis=1)
    wanted = (kernel[0, 0] * cosines + bias[0]) * 20 + 100
    np.testing.assert_allclose(case.answers(network)["value"], wanted, rtol=1e-5)
    lengths = np.linalg.norm(first, axis=1)
    # Nothing is in the second, and nothing that was seen in training in the fourth.
    np.testing.assert_allclose(lengths, [1, 0, 1, 0, 1], atol=1e-5)


def test_separate_texts_in_the_other_order_get_the_same_number(tmp_path):
    case = CASES["text_pair_regression-separate"]
    _, _, network = case.model(tmp_path)
    endpoint = case.task.endpoints(network, case.facts).functions["serving_default"]
    first, second = map(tf.constant, case.raw()[0].values())
    one, other = (
        endpoint({"first": first, "second": second}),
        endpoint({"first": second, "second": first}),
    )
    np.testing.assert_allclose(one["value"], other["value"], rtol=1e-6)


def test_texts_that_are_read_together_have_no_vectors_of_their_own(tmp_path):
    _, _, network = CASES["text_pair_regression"].model(tmp_path)
    network = dataclasses.replace(network, of_side=None)
    with pytest.raises(ValueError, match="embeds each input by itself"):
        network.side(tf.constant(["a"]))


def test_mean_and_deviation_of_parts_are_those_of_the_whole():
    drawn = np.random.default_rng(0).normal(1e6, 3, 1001).astype("float32")
    mean, deviation = counting.mean_and_deviation([drawn[:1], drawn[1:500], drawn[500:]])
    assert mean == pytest.approx(drawn.astype(float).mean(), rel=1e-12)
    assert deviation == pytest.approx(drawn.astype(float).std(), rel=1e-9)
    assert counting.mean_and_deviation([np.full(3, 0.1)])[1] == 0
