"""Tests of models/training/averaging.py."""

import dataclasses

import keras
import numpy as np
import pytest

from models.finetuning.course import Course, Phase
from models.training import fit
from tests.models import classifier
from tests.models.training.test_fit import CONFIG, make_split


def make_model():
    keras.utils.set_random_seed(0)
    vector = keras.Input((5,), name="vector")
    x = keras.layers.Dense(4, name="hidden")(vector)
    x = keras.layers.BatchNormalization(name="norm")(x)
    frozen = keras.layers.BatchNormalization(name="frozen_norm", trainable=False)
    return keras.Model({"vector": vector}, keras.layers.Dense(2, name="logits")(frozen(x)))


def begin(model, **fields):
    """What averages the weights of a model."""
    training = dataclasses.replace(CONFIG, **fields)
    course, phase = Course(model, None, 1), Phase(0, 1)
    (average,) = fit.begin_phase(model, classifier.objective(), course, phase, training, 4)
    average.on_train_begin()
    return average


class Record(keras.callbacks.Callback):
    """All weights before the training and after each step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append(self.model.get_weights())

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.get_weights())


def test_weights_and_the_statistics_of_batch_norm_are_averaged_alike(tmp_path, monkeypatch):
    record = Record()
    progress = fit.callbacks.Progress

    def both(*arguments):
        return keras.callbacks.CallbackList([progress(*arguments), record])

    monkeypatch.setattr(fit.callbacks, "Progress", both)
    model = make_model()
    split = make_split(11)
    validation = make_split(7, seed=1)
    config = dataclasses.replace(CONFIG, averaging=0.8)
    history = fit.fit(model, classifier.objective, split, validation, config, tmp_path, tmp_path)

    first, *steps = record.seen
    assert len(steps) == CONFIG.epochs * split.num_batches
    expected = first
    for weights in steps:
        expected = [0.8 * a + 0.2 * b for a, b in zip(expected, weights, strict=True)]
    for index, (kept, wanted) in enumerate(zip(model.get_weights(), expected, strict=True)):
        np.testing.assert_allclose(kept, wanted, rtol=1e-4, atol=1e-6, err_msg=str(index))
    loss = model.evaluate(validation.epoch(), verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, history["val_loss"][-1], rtol=1e-5)


@pytest.mark.parametrize("accumulate", [1, 4])
def test_the_average_decays_once_per_update(accumulate):
    model = make_model()
    average = begin(model, averaging=0.9, accumulate=accumulate)
    kernel = model.trainable_weights[0]
    before = np.array(kernel)
    kernel.assign(before + 1.0)
    for _ in range(3 * accumulate):
        average.on_train_batch_end(0)
    average.keep()
    np.testing.assert_allclose(np.array(kernel), before + 1.0 - 0.9**3, rtol=1e-5)


def test_validation_before_any_step_sees_the_weights_and_leaves_them():
    model = make_model()
    average = begin(model, averaging=0.999)
    before = model.get_weights()
    for swap in (average.on_test_begin, average.on_test_end):
        swap()
        for weight, value in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(weight, value)


def test_what_a_frozen_layer_measured_is_no_part_of_the_average():
    model = make_model()
    begin(model, averaging=0.9)
    names = [variable.name for variable in model.optimizer.variables]
    averages = [name for name in names if name.endswith("_average")]
    assert sum("moving" in name for name in averages) == 2
    assert not any("frozen_norm" in name for name in averages)
