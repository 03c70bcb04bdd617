"""Tests of models/doctor/{untrained,batch_norm}.py: where their limits are."""

import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.doctor import batch_norm, untrained
from models.doctor.examined import Subject, take
from models.tasks import expected, losses
from models.training import config
from tests.models import doctor_subjects as subjects


def subject(build, features, labels, loss=None, **training):
    sample = take(subjects.split({"x": np.float32(features)}, np.array(labels)), len(labels))
    chosen = config.TrainingConfig(**{"batch_size": 8, **training})
    minimised = loss or losses.build(0.0)
    return Subject(build, sample, 9, chosen, None, minimised, expected.of_classes(3))


def answering(logits, labels, loss=None):
    """A subject whose model answers these logits `(examples, classes)`."""
    logits = np.float32(logits)
    identity = subjects.network(head=keras.layers.Identity, width=logits.shape[1])
    return subject(identity, logits, np.int64(labels), loss)


@pytest.mark.parametrize(
    ("rate", "verdict"), [(0.8, "pass"), (0.81, "warn"), (0.9, "warn"), (0.91, "fail")]
)
def test_much_dropout_warns_and_then_fails(rate, verdict):
    def drop(share, name):
        return lambda: keras.layers.Dropout(share, name=name)

    build = subjects.network(drop(0.1, "low"), drop(rate, "high"))
    finding = untrained.dropout(subject(build, np.zeros((2, subjects.WIDTH)), [0, 1]))
    assert finding.verdict == verdict
    assert finding.figures == {"layers": ["low", "high"], "rates": [0.1, rate]}


def test_a_model_without_dropout_has_none_to_look_at():
    finding = untrained.dropout(subject(subjects.HEALTHY, np.zeros((2, subjects.WIDTH)), [0, 1]))
    assert (finding.verdict, finding.evidence) == ("pass", "The highest dropout rate is 0.")


def wrong_by(loss):
    """Logits of three classes and the label 0, whose cross-entropy this is."""
    return [0.0, *[math.log(math.expm1(loss) / 2)] * 2]


@pytest.mark.parametrize(
    ("above", "verdict"),
    [(1.4, "pass"), (1.6, "warn"), (5.9, "warn"), (6.2, "fail")],
)
def test_a_first_loss_above_that_of_equal_logits_warns_and_then_fails(above, verdict):
    logits = [wrong_by(math.log(3) + above)] * 4
    finding = untrained.initial_loss(answering(logits, [0, 0, 0, 0]))
    assert finding.verdict == verdict
    assert finding.figures["loss"] == pytest.approx(math.log(3) + above, rel=1e-4)
    assert finding.figures["expected"] == pytest.approx(math.log(3))
    if verdict != "pass":
        assert f"deviation of {np.std(logits):.2f}" in finding.meaning


def test_shares_that_sum_to_one_are_probabilities_unless_one_is_negative():
    shares = [[0.2, 0.3, 0.5], [0.0, 0.9, 0.1]]
    finding = untrained.initial_loss(answering(shares, [0, 1]))
    assert (finding.verdict, "softmax again" in finding.meaning) == ("fail", True)
    for logits in ([[0.2, 0.3, 0.5], [-0.1, 0.9, 0.2]], [[0.2, 0.3, 0.5], [0.0, 0.9, 0.2]]):
        assert untrained.initial_loss(answering(logits, [0, 1])).verdict == "pass"


@pytest.mark.parametrize(("power", "verdict"), [(0.0, "pass"), (0.55, "pass"), (0.62, "fail")])
def test_a_loss_that_grows_with_the_batch_is_a_sum(power, verdict):
    def loss(labels, logits):
        return tf.cast(tf.shape(labels)[0], tf.float32) ** power

    finding = untrained.initial_loss(answering(np.eye(3)[[0, 1, 2, 0, 1]] - 0.5, [0] * 5, loss))
    assert finding.verdict == verdict
    if verdict == "fail":
        assert f"twice the examples: {2**power:.2f} times" in finding.meaning


def test_a_loss_that_is_half_as_large_again_for_twice_the_examples_is_no_sum():
    def loss(labels, logits):
        return 0.5 + 0.25 * tf.cast(tf.shape(labels)[0], tf.float32)

    five = answering(np.eye(3)[[0, 1, 2, 0, 1]] - 0.5, [0] * 5, loss)
    assert untrained.initial_loss(five).verdict == "pass"


@pytest.mark.parametrize(
    ("labels", "verdict"),
    [([-1, 0], "pass"), ([0, 2], "pass"), ([-2, 0], "fail"), ([0, 3], "fail")],
)
def test_labels_are_unknown_or_have_a_logit(labels, verdict):
    finding = untrained.initial_loss(answering([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]], labels))
    assert finding.verdict == verdict
    if verdict == "fail":
        assert f"from {labels[0]} to {labels[1]}, but the model has logits for 0 to 2" in (
            finding.evidence
        )


@pytest.mark.parametrize(
    ("ids", "entropy"),
    [
        ([4, 4, 4], 0.0),
        ([0, 1, 2, 0, 1, 2], math.log(3)),
        ([0, 0, 0, 5], -0.75 * math.log(0.75) - 0.25 * math.log(0.25)),
    ],
)
def test_the_entropy_of_labels_is_that_of_their_shares(ids, entropy):
    assert expected.of_classes(6).constant_loss(np.array(ids)) == pytest.approx(entropy)


def test_examples_without_a_number_are_counted():
    logits = [[0.0, 0.1, 0.2], [np.nan, np.inf, 0.0], [0.0, -np.inf, 0.0]]
    finding = untrained.initial_loss(answering(logits, [0, 1, 2]))
    assert (finding.verdict, finding.figures["loss"]) == ("fail", None)
    assert "no number for 2 of 3 examples" in finding.meaning


@pytest.mark.parametrize(
    ("logits", "loss", "examples"),
    [([[0.0, 0.1, 0.2]] * 2, np.inf, 0), ([[0.0, 0.1, np.nan], [0.0, 0.1, 0.2]], 1.0, 1)],
)
def test_a_loss_or_an_output_that_is_no_number_fails_by_itself(logits, loss, examples):
    finding = untrained.initial_loss(answering(logits, [0, 1], lambda *_: tf.constant(loss)))
    assert finding.verdict == "fail"
    assert f"no number for {examples} of 2 examples" in finding.meaning


class Stubborn(keras.layers.Layer):
    """Batch normalisation in one mode, whatever the model says."""

    def __init__(self, mode, trainable=True):
        super().__init__()
        self.mode = mode
        # By its own parts, as layers with a batch normalisation inside are frozen.
        self.norm = keras.layers.BatchNormalization(name="norm", trainable=trainable)

    def call(self, values, training=None):
        return self.norm(values, training=training if self.mode is None else self.mode)


class Following(keras.layers.BatchNormalization):
    """Follows the batch, trained or not."""

    def call(self, inputs, training=None, mask=None):
        if training:
            self.moving_mean.assign_add(keras.ops.ones_like(self.moving_mean))
        return super().call(inputs, training=False, mask=mask)


@pytest.mark.parametrize(
    ("layer", "verdict", "words"),
    [
        (lambda: Stubborn(None), "pass", "1 layers follow the batch in training"),
        (lambda: Stubborn(None, trainable=False), "pass", "1 layers"),
        (lambda: Stubborn(True), "fail", "1 of 1 layers .* 'norm' follows the batch in inference"),
        (lambda: Stubborn(False), "fail", "'norm' does not follow the batch in training"),
        (
            lambda: Following(name="norm", trainable=False),
            "fail",
            "'norm' is frozen, but follows the batch",
        ),
    ],
)
def test_batch_normalisation_in_the_wrong_mode_fails(layer, verdict, words):
    features, labels = subjects.points(9)
    examined = subject(subjects.network(layer), features["x"], labels)
    before_it = [np.array(weight) for weight in examined.model.weights]
    finding = batch_norm.batch_norm_mode(examined)
    assert finding.verdict == verdict
    assert re.search(words, finding.evidence)
    for weight, value in zip(examined.model.weights, before_it, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize(
    ("size", "trainable", "verdict"), [(8, True, "pass"), (7, True, "warn"), (7, False, "pass")]
)
def test_small_batches_warn_where_their_statistics_are_used(size, trainable, verdict):
    features, labels = subjects.points(9)
    build = subjects.network(lambda: keras.layers.BatchNormalization(trainable=trainable))
    finding = batch_norm.batch_norm_mode(subject(build, features["x"], labels, batch_size=size))
    assert finding.verdict == verdict
    assert ("A batch has 7 examples." in finding.evidence) == (verdict == "warn")


def test_a_sample_begins_with_the_first_examples():
    given = np.arange(7, dtype="float32")[:, None] + np.zeros(subjects.WIDTH, "float32")
    split = subjects.split({"x": given}, np.arange(7), batch_size=3)
    for count, wanted in ((2, 2), (3, 3), (4, 4), (7, 7), (99, 7)):
        sample = take(split, count)
        assert sample.size == wanted
        np.testing.assert_array_equal(sample.targets, np.arange(wanted))
        np.testing.assert_array_equal(sample.inputs["x"][:, 0], np.arange(wanted))


def test_the_label_of_shares_is_that_of_the_greatest():
    logits = np.float32([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    shares = np.float32([[0.2, 0.8, 0.0], [0.3, 0.6, 0.1], [0.0, 0.1, 0.9]])
    told = expected.of_classes(3)
    assert told.is_right(shares, logits).tolist() == [1, 0, 1]
    assert told.is_right(np.array([[1], [-1], [2]]), logits)[[0, 2]].tolist() == [1, 1]
