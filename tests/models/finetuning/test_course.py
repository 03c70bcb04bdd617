"""Tests of models/finetuning/course.py, and of models/training/fit.py going through it."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.finetuning import trainable
from models.finetuning.config import FineTuned, Frozen, Full, Gradual, HeadFirst, LoRA, Partial
from models.finetuning.course import Course, Phase
from models.training import fit, optimizers
from models.training.checkpoint import State
from models.training.config import EarlyStopping, TrainingConfig
from models.training.optimizer_config import SGD, Adam, AdamW, Lion, RMSprop
from models.training.schedule_config import Linear
from tests.models import classifier
from tests.models.training.test_fit import CONFIG, assert_same_weights, kill_in_epoch, make_split


def make_model(method, trainable_layers=1, seed=0):
    """A backbone of an embedding, two blocks with batch norm and dropout, and a norm."""
    keras.utils.set_random_seed(seed)
    x = inputs = keras.Input((5,), name="inner")
    x = keras.layers.Dense(4, name="embedding")(x)
    x = keras.layers.BatchNormalization(name="embedding_norm")(x)
    for index in range(2):
        x = keras.layers.Dense(4, activation="tanh", name=f"layer_{index}_dense")(x)
        x = keras.layers.BatchNormalization(name=f"layer_{index}_norm")(x)
        x = keras.layers.Dropout(0.3, name=f"layer_{index}_dropout")(x)
    x = keras.layers.LayerNormalization(name="final_norm")(x)
    backbone = keras.Model(inputs, x, name="backbone")

    vector = keras.Input((5,), name="vector")
    x = trainable.prepare(backbone, FineTuned(method, trainable_layers))(vector)
    x = keras.layers.Dropout(0.2, name="dropout")(x)
    return keras.Model({"vector": vector}, keras.layers.Dense(2, name="logits")(x))


def inner(model):
    return model.get_layer("backbone")


def run(folder, method, config=CONFIG, train=None):
    model = make_model(method)
    history = fit.fit(
        model,
        classifier.objective,
        train or make_split(11),
        make_split(7, seed=1),
        config,
        folder / "checkpoints",
        folder / "logs",
        fine_tuning=method,
    )
    return model, history


@pytest.mark.parametrize("method", [Full(), Partial(), Frozen(), LoRA(targets=("dense",)), None])
def test_most_ways_have_one_phase(method):
    assert Course(make_model(method or Full()), method, 7).phases == (Phase(0, 7),)


def test_head_first_has_two():
    method = HeadFirst(head_epochs=2, rate_factor=0.3)
    assert Course(make_model(method), method, 7).phases == (
        Phase(0, 2, parts=0),
        Phase(2, 7, parts=4, rate_factor=0.3),
    )


@pytest.mark.parametrize(
    ("epochs", "block_epochs", "wanted"),
    [
        (3, 1, [(0, 1, 0), (1, 2, 2), (2, 3, 3)]),
        (9, 2, [(0, 2, 0), (2, 4, 2), (4, 6, 3), (6, 9, 4)]),
        (3, 2, [(0, 2, 0), (2, 3, 2)]),
    ],
)
def test_gradual_has_one_per_block_as_far_as_the_epochs_reach(epochs, block_epochs, wanted):
    method = Gradual(block_epochs=block_epochs)
    phases = Course(make_model(method), method, epochs).phases
    assert [(phase.first, phase.last, phase.parts) for phase in phases] == wanted


@pytest.mark.parametrize("method", [HeadFirst(head_epochs=3), Gradual(block_epochs=3)])
def test_a_training_too_short_for_anything_but_the_head_is_refused(method):
    with pytest.raises(ValueError, match="`training.epochs` must be at least 4.*epochs=3"):
        Course(make_model(method), method, 3)


def test_a_phase_trains_its_parts_and_silences_the_others():
    model = make_model(Gradual())
    course = Course(model, Gradual(), 4)
    trained = {
        phase.first: (course.enter(phase), [layer.name for layer in _trained(model)])[1]
        for phase in course.phases[:3]
    }
    assert trained == {
        0: [],
        1: ["layer_1_dense", "layer_1_norm", "final_norm"],
        2: ["layer_0_dense", "layer_0_norm", "layer_1_dense", "layer_1_norm", "final_norm"],
    }
    course.enter(course.phases[1])
    rates = [inner(model).get_layer(f"layer_{n}_dropout").rate for n in (0, 1)]
    assert rates == [0.0, 0.3]


def _trained(model):
    return [layer for layer in inner(model).layers if layer.trainable_weights]


SHORT = dataclasses.replace(CONFIG, epochs=3)


@pytest.mark.parametrize(("method", "epoch"), [(HeadFirst(), 1), (Gradual(layer_decay=0.5), 2)])
def test_a_killed_training_continues_and_ends_like_an_uninterrupted_one(tmp_path, method, epoch):
    whole, whole_history = run(tmp_path / "whole", method, SHORT)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", method, SHORT, kill_in_epoch(epoch, make_split(11)))
    for _ in range(2):  # The second time it is finished already.
        continued, history = run(tmp_path / "killed", method, SHORT)
        assert history == whole_history
        assert_same_weights(continued, whole)


def test_low_rank_training_continues_exactly_too(tmp_path):
    method = LoRA(rank=2, targets=("dense",))
    config = dataclasses.replace(SHORT, averaging=0.5, clip_norm=1.0, accumulate=2)
    whole, whole_history = run(tmp_path / "whole", method, config)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", method, config, kill_in_epoch(2, make_split(11)))
    continued, history = run(tmp_path / "killed", method, config)
    assert history == whole_history
    assert_same_weights(continued, whole)


def test_averages_continue_over_phases(tmp_path):
    stopping = EarlyStopping(patience=1)
    config = dataclasses.replace(SHORT, averaging=0.5, early_stopping=stopping)
    whole, whole_history = run(tmp_path / "whole", HeadFirst(), config)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path / "killed", HeadFirst(), config, kill_in_epoch(1, make_split(11)))
    continued, history = run(tmp_path / "killed", HeadFirst(), config)
    assert history == whole_history
    assert_same_weights(continued, whole)
    best = float(np.min(history["val_loss"]))
    loss = whole.evaluate(make_split(7, seed=1).epoch(), verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(loss, best, rtol=1e-5)


def test_the_backbone_is_left_alone_while_the_head_is_trained(tmp_path):
    method = HeadFirst(head_epochs=2)
    before = make_model(method)
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tmp_path, method, SHORT, kill_in_epoch(2, make_split(11)))
    saved = np.load(tmp_path / "checkpoints" / "epoch_0002.npz")
    for index, weight in enumerate(before.weights):
        is_head = weight.path.startswith("logits")
        assert np.array_equal(saved[f"weight_{index}"], np.array(weight)) != is_head
    after, _ = run(tmp_path, method, SHORT)
    for weight, value in zip(inner(after).weights, inner(before).weights, strict=True):
        assert np.abs(weight - value).max() > 0
    assert inner(after).get_layer("layer_0_dropout").rate == 0.3


@pytest.mark.parametrize(
    ("method", "epochs", "accumulate", "message"),
    [
        (Gradual(), 3, 5, r"`training.accumulate: 5`.* epochs 1 to 1, .*have 4 \(4 in"),
        (Gradual(block_epochs=2), 3, 5, "epochs 3 to 3, .*`block_epochs` of `model.fine_tuning`"),
        (None, 2, 9, "epochs 1 to 2, .*have 8 .*`training.batch_size`"),
    ],
)
def test_epochs_too_few_for_one_accumulated_update_are_refused(
    tmp_path, method, epochs, accumulate, message
):
    config = dataclasses.replace(CONFIG, epochs=epochs, accumulate=accumulate)
    model = make_model(method or Full())
    before = [np.array(weight) for weight in model.weights]
    split = make_split(11)
    with pytest.raises(ValueError, match=message):
        fit.fit(
            model,
            classifier.objective,
            split,
            None,
            config,
            tmp_path,
            tmp_path,
            fine_tuning=method,
        )
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    fit.begin_phase(
        model,
        classifier.objective(),
        Course(model, method, epochs),
        Phase(0, 1),
        dataclasses.replace(config, accumulate=4),
        split.num_batches,
    )


@pytest.mark.parametrize(
    ("epochs_done", "best_epoch", "wanted"),
    [(0, -1, 0), (3, 1, 0), (4, 1, 1), (6, 1, 3), (6, 5, 0)],
)
def test_patience_is_counted_in_the_last_phase_alone(epochs_done, best_epoch, wanted):
    state = State("", epochs_done, best_epoch)
    assert state.epochs_without_gain(first=3) == wanted


def test_a_loss_that_is_no_number_is_never_the_best():
    state = State("")
    for loss in (math.nan, 0.4, math.nan, 0.3):
        state = state.after({"loss": 0.1, "val_loss": loss})
    assert state.best_epoch == 3


def test_rates_fall_from_block_to_block():
    model = make_model(Full())
    course = Course(model, Full(layer_decay=0.5), 2)
    factors = course.rate_factors(course.phases[0])
    by_path = {weight.path: factors.get(id(weight), 1.0) for weight in model.trainable_weights}
    assert {path.split("/")[0]: factor for path, factor in by_path.items()} == {
        "logits": 1.0,
        "final_norm": 1.0,
        "layer_1_dense": 0.5,
        "layer_1_norm": 0.5,
        "layer_0_dense": 0.25,
        "layer_0_norm": 0.25,
        "embedding": 0.125,
        "embedding_norm": 0.125,
    }


@pytest.mark.parametrize(
    "optimizer",
    [SGD(weight_decay=0.1), Adam(), AdamW(weight_decay=0.5), Lion(weight_decay=0.5), RMSprop()],
)
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_weight_with_half_the_rate_moves_half_as_far(optimizer, accumulate):
    config = TrainingConfig(
        optimizer=optimizer, learning_rate=0.01, schedule=Linear(), accumulate=accumulate
    )
    whole, half = (keras.Variable([1.0, -2.0], name="kernel") for _ in range(2))
    built = optimizers.build(config, 10, factors={id(half): 0.5})
    built.build([whole, half])
    gradient = np.array([3.0, -0.4], "float32")
    for _ in range(accumulate):
        built.apply([gradient, gradient], [whole, half])
    moved = np.array(whole) - [1.0, -2.0], np.array(half) - [1.0, -2.0]
    np.testing.assert_allclose(moved[1], 0.5 * moved[0], rtol=1e-3)
    assert np.abs(moved[1]).min() > 0


def test_the_schedule_goes_on_from_phase_to_phase():
    config = TrainingConfig(optimizer=SGD(), learning_rate=1.0, schedule=Linear())
    first, second = (optimizers.build(config, 10, first) for first in (0, 4))
    weight = keras.Variable([1.0], name="kernel")
    for _ in range(4):
        first.apply([np.zeros(1, "float32")], [weight])
    np.testing.assert_allclose(float(second.learning_rate), 0.6, rtol=1e-6)
    assert float(first.learning_rate) == float(second.learning_rate)
