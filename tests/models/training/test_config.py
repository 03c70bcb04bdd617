"""Tests of models/training/config.py, schedules.py and optimizers.py."""

import dataclasses
import json
import math

import keras
import numpy as np
import pydantic
import pytest

from models.training import optimizers, schedules
from models.training.config import EarlyStopping, TrainingConfig
from models.training.optimizer_config import (
    OPTIMIZERS,
    SGD,
    Adafactor,
    Adam,
    AdamW,
    Lamb,
    Lion,
    RMSprop,
)
from models.training.schedule_config import SCHEDULES, Constant, Cosine, Linear, OneCycle, Step
from tests import strict


def read(**fields):
    return strict.read(TrainingConfig, fields)


def test_a_name_stands_for_an_optimizer_with_defaults():
    assert read(optimizer="adamw").optimizer == AdamW()
    assert read(schedule="cosine").schedule == Cosine()


def test_a_mapping_sets_the_fields_of_an_optimizer():
    config = read(
        optimizer={"kind": "sgd", "momentum": 0.5}, schedule={"kind": "linear", "warmup": 0.1}
    )
    assert config.optimizer == SGD(momentum=0.5)
    assert config.schedule == Linear(warmup=0.1)


def test_an_unknown_optimizer_is_named_with_the_closest():
    with pytest.raises(ValueError, match=r"Unknown optimizer 'adm'\. Did you mean 'adam'\?"):
        read(optimizer="adm")


def test_the_schema_allows_both_forms():
    schema = json.dumps(pydantic.TypeAdapter(TrainingConfig).json_schema())
    assert '"enum": ["adafactor", "adam", "adamw", "lamb", "lion", "rmsprop", "sgd"]' in schema


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TrainingConfig(epochs=0), "epochs: must be at least 1. Received: 0"),
        (lambda: TrainingConfig(batch_size=0), "batch_size: must be at least 1"),
        (lambda: TrainingConfig(seed=-1), "seed: must be at least 0"),
        (lambda: TrainingConfig(learning_rate=0.0), "learning_rate: must be above 0"),
        (lambda: TrainingConfig(devices="all", xla=True), "`devices: all` .* xla=True"),
        (lambda: TrainingConfig(devices="all", accumulate=2), "Received: accumulate=2"),
        (lambda: TrainingConfig(clip_norm=0.0), "clip_norm: must be above 0"),
        (lambda: EarlyStopping(patience=0), "patience: must be at least 1"),
        (lambda: Constant(warmup=1.0), r"warmup: must be at least 0 and below 1"),
        (lambda: SGD(momentum=1.0), r"momentum: must be at least 0 and below 1"),
        (lambda: Adam(beta_1=-0.1), r"beta_1: must be at least 0 and below 1"),
        (lambda: AdamW(weight_decay=-1.0), "weight_decay: must be at least 0"),
        (lambda: RMSprop(rho=1.5), r"rho: must be at least 0 and below 1"),
        (lambda: Lion(weight_decay=-0.1), "weight_decay: must be at least 0"),
        (lambda: Step(at=()), "at: must be given, and not empty"),
        (
            lambda: Step(at=(0.7, 0.3)),
            r"at: must name rising shares of the steps. Received: \[0.7, 0.3\]",
        ),
        (lambda: Step(factor=1.0), "factor: must be above 0 and below 1"),
        (lambda: OneCycle(start=0.0), "start: must be above 0 and below 1"),
        (lambda: TrainingConfig(accumulate=0), "accumulate: must be at least 1"),
        (
            lambda: TrainingConfig(label_smoothing=1.0),
            r"label_smoothing: must be at least 0 and below 1",
        ),
        (lambda: TrainingConfig(averaging=1.0), "averaging: must be above 0 and below 1"),
        (lambda: TrainingConfig(class_weights={"a": -1.0}), "class_weights.a: must be at least 0"),
    ],
)
def test_impossible_values_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        strict.check(make())


def rates(schedule, steps=10):
    function = schedules.build(schedule, 2.0, steps)
    return np.array([function(step) for step in range(steps + 1)])


def test_constant_rate_stays():
    np.testing.assert_allclose(rates(Constant()), np.full(11, 2.0))


def test_linear_rate_falls_to_zero():
    wanted = [2 * (1 - step / 10) for step in range(11)]
    np.testing.assert_allclose(rates(Linear()), wanted, atol=1e-6)


def test_cosine_rate_falls_to_zero():
    wanted = [1 + math.cos(math.pi * step / 10) for step in range(11)]
    np.testing.assert_allclose(rates(Cosine()), wanted, atol=1e-6)


@pytest.mark.parametrize("kind", ["constant", "cosine", "linear", "step"])
def test_warm_up_rises_linearly_to_the_peak(kind):
    values = rates(SCHEDULES[kind](warmup=0.4))
    np.testing.assert_allclose(values[:5], [0.5, 1.0, 1.5, 2.0, 2.0], atol=1e-6)


def test_linear_rate_after_a_warm_up_ends_at_zero():
    values = rates(Linear(warmup=0.4))
    np.testing.assert_allclose(values[4:], [2 * (1 - p / 6) for p in range(7)], atol=1e-6)


def test_step_rate_drops_at_its_points():
    values = rates(Step(at=(0.3, 0.8), factor=0.5))
    np.testing.assert_allclose(values, [2.0] * 3 + [1.0] * 5 + [0.5] * 3, atol=1e-6)


def test_one_cycle_rises_and_falls_along_cosines():
    values = rates(OneCycle(warmup=0.4, start=0.1))
    rising = [0.2 + 1.8 * (1 - math.cos(math.pi * share)) / 2 for share in (0, 0.25, 0.5, 0.75)]
    falling = [1 + math.cos(math.pi * step / 6) for step in range(7)]
    np.testing.assert_allclose(values, rising + falling, atol=1e-6)
    assert values[0] == pytest.approx(0.1 * 2.0)


def test_schedule_survives_serialization():
    schedule = schedules.build(Cosine(warmup=0.2), 2.0, 10)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert float(again(3)) == float(schedule(3))


@pytest.mark.parametrize(
    "config",
    [
        SGD(),
        SGD(weight_decay=0.1),
        Adam(),
        AdamW(),
        AdamW(weight_decay=0.0),
        Lion(),
        Lion(weight_decay=0.0),
        Lamb(),
        Lamb(weight_decay=0.0),
        Adafactor(),
        RMSprop(),
    ],
)
def test_each_optimizer_takes_a_step_downhill(config):
    training = TrainingConfig(optimizer=config, learning_rate=0.1, clip_norm=1.0)
    optimizer = optimizers.build(training, 10)
    weight = keras.Variable([1.0, -2.0], name="kernel")
    optimizer.apply([np.array([3.0, -4.0], "float32")], [weight])
    assert weight[0] < 1.0 and weight[1] > -2.0
    assert optimizer.global_clipnorm == 1.0


def test_every_named_optimizer_can_be_built():
    assert set(optimizers.OPTIMIZERS) == set(OPTIMIZERS)
    assert set(schedules.FALLS) == set(SCHEDULES)


@pytest.mark.parametrize("kind", [AdamW, Lamb, Lion, SGD])
@pytest.mark.parametrize(("decay", "left"), [(0.5, 0.95), (0.0, 1.0)])
def test_kernels_decay_and_biases_do_not(kind, decay, left):
    training = TrainingConfig(optimizer=kind(weight_decay=decay), learning_rate=0.1)
    optimizer = optimizers.build(training, 10)
    kernel = keras.Variable([1.0], name="kernel")
    bias = keras.Variable([1.0], name="bias")
    optimizer.apply([np.zeros(1, "float32")] * 2, [kernel, bias])
    np.testing.assert_allclose([float(kernel[0]), float(bias[0])], [left, 1.0], atol=1e-6)


def test_accumulated_gradients_make_one_update_of_their_mean():
    training = TrainingConfig(optimizer=SGD(momentum=0.0), learning_rate=0.5, accumulate=2)
    optimizer = optimizers.build(training, 10)
    weight = keras.Variable([1.0], name="kernel")
    optimizer.build([weight])
    optimizer.apply([np.array([1.0], "float32")], [weight])
    assert float(weight[0]) == 1.0
    optimizer.apply([np.array([3.0], "float32")], [weight])
    assert float(weight[0]) == 1.0 - 0.5 * 2


def test_config_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 3


def test_the_schedule_spans_all_steps_when_gradients_are_accumulated():
    training = TrainingConfig(
        optimizer=SGD(momentum=0.0), learning_rate=1.0, accumulate=2, schedule=Linear()
    )
    optimizer = optimizers.build(training, 10)
    weight = keras.Variable([1.0], name="kernel")
    for _ in range(8):
        optimizer.apply([np.zeros(1, "float32")], [weight])
    np.testing.assert_allclose(float(optimizer.learning_rate), 0.2, rtol=1e-6)


def test_a_list_in_a_choice_is_read_from_json():
    assert read(schedule={"kind": "step", "at": [0.3, 0.6]}).schedule == Step(at=(0.3, 0.6))


@pytest.mark.parametrize(
    "make",
    [
        lambda: TrainingConfig(epochs=1, batch_size=1, accumulate=1, seed=0, cache_mib=0),
        lambda: TrainingConfig(label_smoothing=0.0, class_weights={"a": 0.0}),
        lambda: TrainingConfig(class_weights={}),
        lambda: TrainingConfig(devices="all", accumulate=1),
        lambda: TrainingConfig(averaging=1e-9, clip_norm=1e-9, learning_rate=1e-9),
        lambda: EarlyStopping(patience=1),
        lambda: SGD(momentum=0.0, weight_decay=0.0),
        lambda: Adam(beta_1=0.0, beta_2=0.0),
        lambda: RMSprop(rho=0.0, momentum=0.0),
        lambda: Step(at=(0.01,), factor=0.99),
        lambda: OneCycle(warmup=0.0, start=0.99),
    ],
)
def test_the_ends_of_ranges_are_allowed(make):
    assert strict.check(make()) == make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TrainingConfig(averaging=0.0), "averaging: must be above 0 and below 1"),
        (lambda: TrainingConfig(cache_mib=-1), "cache_mib: must be at least 0"),
        (lambda: Step(at=(0.0, 0.5)), r"at\[0\]: must be above 0"),
        (lambda: Step(at=(0.5, 1.0)), r"at\[1\]: must be above 0 and below 1"),
        (lambda: Step(at=(0.5, 0.5)), "at: must name rising"),
        (lambda: Step(factor=0.0), "factor: must be above 0 and below 1"),
        (lambda: OneCycle(start=1.0), "start: must be above 0 and below 1"),
    ],
)
def test_what_lies_at_an_open_end_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        strict.check(make())


def test_names_alone_stand_for_the_published_values():
    assert (Adam().beta_1, Adam().beta_2) == (0.9, 0.999)
    assert (AdamW().beta_1, AdamW().beta_2, AdamW().weight_decay) == (0.9, 0.999, 0.01)
    assert (Lion().beta_1, Lion().beta_2) == (0.9, 0.99)
    assert (RMSprop().rho, RMSprop().momentum) == (0.9, 0.0)
    assert (SGD().momentum, SGD().nesterov, SGD().weight_decay) == (0.9, False, 0.0)
    assert (Step().at, Step().factor) == ((0.5, 0.75), 0.1)
    assert (Linear().warmup, OneCycle().warmup) == (0.0, 0.3)


def test_the_rate_stays_at_its_end_when_steps_go_on():
    for schedule, last in ((Linear(warmup=0.5), 0.0), (Cosine(), 0.0), (Step(), 0.02)):
        function = schedules.build(schedule, 2.0, 10)
        assert float(function(25)) == pytest.approx(last, abs=1e-6)


def test_without_a_warm_up_one_cycle_begins_at_the_peak():
    assert rates(OneCycle(warmup=0.0))[0] == pytest.approx(2.0)


def test_a_warm_up_is_rounded_to_whole_steps():
    assert schedules.build(Linear(warmup=0.26), 1.0, 10).warmup_steps == 3
    assert rates(Linear(warmup=0.04))[0] == pytest.approx(2.0)


@pytest.mark.parametrize("first", [0, 3])
def test_a_schedule_that_begins_later_has_the_rates_of_the_whole(first):
    for schedule in (Linear(warmup=0.4), OneCycle(), Step(at=(0.3, 0.8))):
        later = schedules.build(schedule, 2.0, 10, first)
        again = type(later).from_config(later.get_config())
        for function in (later, again):
            values = [float(function(step)) for step in range(8)]
            np.testing.assert_allclose(values, rates(schedule)[first : first + 8], atol=1e-6)
