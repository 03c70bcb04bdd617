"""Tests of models/training/fit.py, with checkpoints and callbacks."""

import dataclasses
import json
import logging
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.training import callbacks, fit, placement
from models.training.checkpoint import State
from models.training.config import EarlyStopping, TrainingConfig
from models.training.inputs import Batches
from models.training.optimizer_config import SGD, AdamW
from models.training.schedule_config import Cosine
from tests.models import classifier

CONFIG = TrainingConfig(
    epochs=4,
    batch_size=3,
    learning_rate=0.05,
    optimizer=AdamW(),
    schedule=Cosine(warmup=0.2),
)


def make_split(num_examples, seed=0):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(num_examples, 5)).astype("float32")
    labels = (vectors.sum(axis=1) > 0).astype("int64")
    dataset = tf.data.Dataset.from_tensor_slices(({"vector": vectors}, labels))

    def order(number):
        return dataset.skip(number).concatenate(dataset.take(number)).batch(3)

    return Batches(order, num_examples, 3, is_cached=True)


def make_model(seed=0):
    keras.utils.set_random_seed(seed)
    vector = keras.Input((5,), name="vector")
    x = keras.layers.Dense(4, activation="relu", name="hidden")(vector)
    x = keras.layers.Dropout(0.5, name="dropout")(x)
    return keras.Model({"vector": vector}, keras.layers.Dense(2, name="logits")(x))


def run(folder, config=CONFIG, train=None, validation=None, model=None):
    model = model or make_model()
    history = fit.fit(
        model,
        classifier.objective,
        train or make_split(11),
        validation or make_split(7, seed=1),
        config,
        folder / "checkpoints",
        folder / "logs",
    )
    return model, history


def assert_same_weights(first, second):
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_history_has_one_value_per_epoch_and_is_written(tmp_path):
    _, history = run(tmp_path)
    assert {name: len(values) for name, values in history.items()} == {
        "loss": 4,
        "accuracy": 4,
        "val_loss": 4,
        "val_accuracy": 4,
    }
    assert json.loads((tmp_path / "logs" / "history.json").read_text()) == history


@pytest.mark.parametrize("stopping", [None, EarlyStopping(patience=1)])
def test_a_validation_loss_that_is_no_number_is_refused(tmp_path, stopping):
    rows = tf.data.Dataset.from_tensors(({"vector": np.full((2, 5), np.nan)}, np.array([0, 1])))
    broken = Batches(lambda number: rows, 2, 2, is_cached=True)
    config = dataclasses.replace(CONFIG, early_stopping=stopping)
    vector = keras.Input((5,), name="vector")
    linear = keras.Model({"vector": vector}, keras.layers.Dense(2)(vector))
    with pytest.raises(FloatingPointError, match=r"validation loss is nan after epoch .*float32"):
        run(tmp_path, config, validation=broken, model=linear)


def test_tensorboard_logs_are_written(tmp_path):
    run(tmp_path)
    assert list((tmp_path / "logs").rglob("events.out.tfevents.*"))


def test_two_runs_with_one_seed_are_equal(tmp_path):
    first, first_history = run(tmp_path / "first")
    second, second_history = run(tmp_path / "second")
    assert first_history == second_history
    assert_same_weights(first, second)


def kill_in_epoch(number, train):
    """A split whose epoch `number` breaks off, as a killed process would."""

    def order(index):
        def check(inputs, label):
            alive = tf.debugging.assert_less(index, tf.constant(number, tf.int64), "killed")
            with tf.control_dependencies([alive]):
                return inputs, tf.identity(label)

        return train.order(index).map(check)

    return dataclasses.replace(train, order=order)


def test_a_killed_training_continues_and_ends_like_an_uninterrupted_one(tmp_path):
    whole, whole_history = run(tmp_path / "whole")
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", train=kill_in_epoch(2, make_split(11)))
    state = json.loads((tmp_path / "killed" / "checkpoints" / "state.json").read_text())
    assert state["epochs_done"] == 2
    continued, continued_history = run(tmp_path / "killed")
    assert continued_history == whole_history
    assert_same_weights(continued, whole)


def test_a_finished_training_is_not_trained_again(tmp_path):
    first, first_history = run(tmp_path)
    second, second_history = run(tmp_path)
    assert second_history == first_history
    assert_same_weights(first, second)


def test_another_config_starts_afresh(tmp_path):
    run(tmp_path)
    _, history = run(tmp_path, dataclasses.replace(CONFIG, epochs=1))
    assert len(history["loss"]) == 1


def test_early_stopping_keeps_the_best_weights(tmp_path):
    config = dataclasses.replace(
        CONFIG, epochs=30, learning_rate=3.0, early_stopping=EarlyStopping(patience=2)
    )
    validation = make_split(7, seed=1)
    model, history = run(tmp_path, config, validation=validation)
    losses = history["val_loss"]
    assert len(losses) == np.argmin(losses) + 3 < 30
    loss = model.evaluate(validation.epoch(), verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, min(losses), rtol=1e-6)


def test_early_stopping_that_ended_does_not_go_on(tmp_path):
    config = dataclasses.replace(
        CONFIG, epochs=30, learning_rate=3.0, early_stopping=EarlyStopping(patience=2)
    )
    _, first = run(tmp_path, config)
    _, second = run(tmp_path, config)
    assert first == second


def test_only_the_last_and_the_best_epoch_stay_on_disk(tmp_path):
    run(tmp_path)
    assert len(list((tmp_path / "checkpoints").glob("*.npz"))) <= 2


@pytest.mark.parametrize(
    ("losses", "epochs"),
    [
        ([3, 1, 2, 1.5, 1.2, 0.5], 5),  # The best of all epochs counts, in whichever phase it is,
        ([1, 2, 3, 4, 5, 6], 5),  # but no epoch before the last phase.
        ([3, 2, 1, 2, 0.5, 2, 3, 4], 7),
        ([3, 2, 1, 0.5], 4),
        ([float("nan"), 3, 2, 1, 0.5], 5),
        ([1, 2, 3, float("nan"), 4, 5], 5),
    ],
)
def test_a_trial_stops_after_the_same_epoch(losses, epochs):
    stopping, state = callbacks.StopEarly(patience=2, first=3), State("")
    stopping.set_model(types.SimpleNamespace(stop_training=False))
    for epoch, loss in enumerate(losses):
        logs = {"loss": 0.0, "val_loss": loss}
        stopping.on_epoch_end(epoch, logs)
        state = state.after(logs)
        assert stopping.model.stop_training == (state.epochs_without_gain(3) >= 2)
        if stopping.model.stop_training:
            break
    assert state.epochs_done == epochs


def test_early_stopping_without_validation_is_refused(tmp_path):
    config = dataclasses.replace(CONFIG, early_stopping=EarlyStopping())
    with pytest.raises(ValueError, match="looks at the eval split, and .*Received: .* patience="):
        fit.fit(
            make_model(), classifier.objective, make_split(11), None, config, tmp_path, tmp_path
        )


def test_a_loss_that_is_no_number_ends_the_training(tmp_path):
    config = dataclasses.replace(CONFIG, learning_rate=1e30, optimizer=SGD())
    with pytest.raises(FloatingPointError, match=r"became (nan|inf) in epoch 1, .*1e\+30.*clip"):
        run(tmp_path, config)
    assert not (tmp_path / "checkpoints" / "state.json").exists()


def test_progress_names_each_epoch(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="maru.progress"):
        run(tmp_path)
    records = [record.progress for record in caplog.records if hasattr(record, "progress")]
    epochs = [record for record in records if record["stage"] == "epoch"]
    assert [record["epoch"] for record in epochs] == [1, 2, 3, 4]
    assert {"epochs", "step", "steps", "loss", "val_accuracy"} <= set(epochs[0])
    assert records[0]["stage"] == "train"


def test_a_label_unseen_in_training_counts_as_missed_and_has_no_loss(tmp_path):
    known = make_split(6, seed=1)

    def every_third_unseen(number):
        is_unseen = tf.constant([True, False, False])
        return known.order(number).map(
            lambda inputs, label: (inputs, tf.where(is_unseen, tf.constant(-1, tf.int64), label))
        )

    some = dataclasses.replace(known, order=every_third_unseen)
    _, history = run(tmp_path, validation=some)
    assert np.all(np.isfinite(history["val_loss"]))
    assert max(history["val_accuracy"]) <= 4 / 6 + 1e-6


ALL_AT_ONCE = dataclasses.replace(
    CONFIG, averaging=0.5, label_smoothing=0.1, accumulate=2, clip_norm=1.0
)


def test_averaged_training_continues_and_ends_like_an_uninterrupted_one(tmp_path):
    whole, whole_history = run(tmp_path / "whole", ALL_AT_ONCE)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", ALL_AT_ONCE, kill_in_epoch(2, make_split(11)))
    continued, continued_history = run(tmp_path / "killed", ALL_AT_ONCE)
    finished, _ = run(tmp_path / "killed", ALL_AT_ONCE)
    assert continued_history == whole_history
    assert_same_weights(continued, whole)
    assert_same_weights(finished, whole)


def test_the_average_is_what_was_validated_and_is_kept(tmp_path):
    config = dataclasses.replace(CONFIG, averaging=0.9)
    validation = make_split(7, seed=1)
    model, history = run(tmp_path, config, validation=validation)
    plain, _ = run(tmp_path / "plain")
    loss = model.evaluate(validation.epoch(), verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, history["val_loss"][-1], rtol=1e-5)
    assert np.abs(model.get_weights()[0] - plain.get_weights()[0]).max() > 1e-3


def test_class_weights_reach_the_loss(tmp_path):
    config = dataclasses.replace(CONFIG, epochs=1, learning_rate=1e-9)
    arguments = (make_split(11), make_split(7, seed=1), config)

    def loss(name, weights):
        folder = tmp_path / name
        history = fit.fit(make_model(), classifier.objective, *arguments, folder, folder, weights)
        return history["loss"][0]

    assert loss("zero", {0: 0.0, 1: 0.0}) == 0.0
    np.testing.assert_allclose(loss("twice", {0: 2.0, 1: 2.0}), 2 * loss("once", None), rtol=1e-5)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_trains_weights_in_full(tmp_path, precision):
    with placement.precision(precision):
        model = make_model()
    assert model.get_layer("hidden").compute_dtype == precision.removeprefix("mixed_")
    config = dataclasses.replace(CONFIG, averaging=0.5)
    trained, history = run(tmp_path, config, model=model)
    assert {weight.dtype for weight in trained.trainable_weights} == {"float32"}
    assert np.all(np.isfinite(history["loss"]))
    exported = make_model(seed=5)
    exported.set_weights(trained.get_weights())
    assert exported.get_layer("hidden").compute_dtype == "float32"


@pytest.mark.slow
def test_xla_trains_the_same(tmp_path):
    _, plain = run(tmp_path / "plain", dataclasses.replace(CONFIG, epochs=1))
    _, compiled = run(tmp_path / "xla", dataclasses.replace(CONFIG, epochs=1, xla=True))
    np.testing.assert_allclose(compiled["val_loss"], plain["val_loss"], rtol=0.2)


def softened(train):
    """The split with shares of classes for labels, another blend each epoch."""

    def order(number):
        share = 0.7 + 0.1 * tf.cast(number % 3, tf.float32)

        def mix(inputs, labels):
            return inputs, share * tf.one_hot(labels, 2) + (1 - share) / 2

        return train.order(number).map(mix)

    return dataclasses.replace(train, order=order)


def test_soft_labels_train_beside_integer_ones_in_validation(tmp_path):
    _, history = run(tmp_path, train=softened(make_split(11)))
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["loss"][-1] < history["loss"][0]


def test_training_with_soft_labels_continues_and_ends_like_an_uninterrupted_one(tmp_path):
    whole, whole_history = run(tmp_path / "whole", train=softened(make_split(11)))
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", train=kill_in_epoch(2, softened(make_split(11))))
    continued, history = run(tmp_path / "killed", train=softened(make_split(11)))
    assert history == whole_history
    assert_same_weights(continued, whole)
