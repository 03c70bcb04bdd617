"""Tests of models/tasks/losses.py and weighting.py."""

import keras
import numpy as np
import pytest

from models.tasks import losses, weighting

LOGITS = np.float32([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0]])


def test_smoothed_targets_follow_the_formula():
    log_probabilities = np.log(np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True))
    target = np.full((2, 3), 0.3 / 3)
    target[0, 1] += 0.7
    target[1, 2] += 0.7
    wanted = -(target * log_probabilities).sum(1).mean()
    assert float(losses.build(0.3)(np.array([1, 2]), LOGITS)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_an_unknown_label_has_no_loss(smoothing):
    assert float(losses.build(smoothing)(np.array([-1, -1]), LOGITS)) == 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_the_mean_over_known_labels(smoothing):
    loss = losses.build(smoothing)
    known = float(loss(np.array([1]), LOGITS[:1]))
    assert float(loss(np.array([1, -1]), LOGITS)) == pytest.approx(known, rel=1e-5)


def test_the_loss_survives_serialization():
    loss = losses.build(0.2)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(np.array([1, 2]), LOGITS)) == float(loss(np.array([1, 2]), LOGITS))


def test_balanced_weights_equal_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    ids = np.array([0, 0, 0, 1, 2, 2])
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=ids)
    got = weighting.class_weights("balanced", ["a", "b", "c"], ids)
    assert got == pytest.approx(dict(enumerate(wanted)))


def test_labels_left_out_count_once():
    ids = np.array([0, 1, 2])
    assert weighting.class_weights({"b": 3.0}, ["a", "b", "c"], ids) == {0: 1.0, 1: 3.0, 2: 1.0}
    assert weighting.class_weights(None, ["a"], ids) is None


def test_an_unknown_label_is_refused_with_the_closest():
    with pytest.raises(ValueError, match="names the label 'bad ', .* Did you mean 'bad'?"):
        weighting.class_weights({"bad ": 2.0}, ["bad", "good"], np.array([0, 1]))


SOFT = np.float32([[0.7, 0.0, 0.3], [0.0, 0.5, 0.5]])


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_shares_of_classes_weigh_their_losses(smoothing):
    log_probabilities = np.log(np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True))
    target = SOFT * (1 - smoothing) + smoothing / 3
    wanted = -(target * log_probabilities).sum(1).mean()
    assert float(losses.build(smoothing)(SOFT, LOGITS)) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_shares_of_one_class_alone_are_its_label(smoothing):
    loss, ids = losses.build(smoothing), np.array([1, 2])
    soft = float(loss(np.eye(3, dtype="float32")[ids], LOGITS))
    assert soft == pytest.approx(float(loss(ids, LOGITS)), rel=1e-5)


def test_accuracy_counts_labels_and_greatest_shares():
    metric = losses.accuracy()
    metric.update_state(np.array([0, 1]), LOGITS)
    assert float(metric.result()) == 0.5
    metric.reset_state()
    metric.update_state(np.float32([[0.6, 0.4, 0.0], [0.4, 0.0, 0.6]]), LOGITS)
    assert float(metric.result()) == 1.0


def test_an_unknown_label_is_never_right():
    metric = losses.accuracy()
    metric.update_state(np.array([-1, -1]), LOGITS)
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_every_class_is_learned_the_first_too(smoothing, label):
    loss = losses.build(smoothing)
    logits = keras.Variable([[0.5, 0.5, 0.5]])
    before = float(loss(np.array([label]), logits))
    logits.assign_add(np.float32(np.eye(3)[[label]]))
    after = float(loss(np.array([label]), logits))
    assert before == pytest.approx(np.log(3), rel=1e-5)
    assert after < before - 0.2


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_known_labels_beside_unknown_ones_weigh_alike_whichever_they_are(smoothing):
    logits = np.float32([[2.0, -1.0, 0.5]] * 4)
    loss = losses.build(smoothing)
    each = [float(loss(np.array([label]), logits[:1])) for label in (0, 2)]
    assert float(loss(np.array([-1, 0, 2, -1]), logits)) == pytest.approx(np.mean(each), rel=1e-5)
    # As a column, as Keras passes labels on.
    column = np.array([[-1], [0], [2], [-1]])
    assert float(loss(column, logits)) == pytest.approx(np.mean(each), rel=1e-5)


def test_weights_of_examples_scale_smoothed_losses():
    weighted = losses.build(0.2)(np.array([0, 2]), LOGITS, sample_weight=np.float32([3.0, 0.0]))
    alone = losses.build(0.2)(np.array([0]), LOGITS[:1])
    assert float(weighted) == pytest.approx(3.0 * float(alone) / 2, rel=1e-5)


def test_two_columns_are_shares_and_one_is_ids():
    assert losses.is_soft(np.zeros((4, 2)))
    assert not losses.is_soft(np.zeros((4, 1)))
    assert not losses.is_soft(np.zeros(4))


def test_labels_without_an_example_do_not_divide_by_zero():
    got = weighting.class_weights("balanced", ["a", "b", "c"], np.array([0, 0, 1]))
    assert got == {0: 0.5, 1: 1.0, 2: 1.0}
