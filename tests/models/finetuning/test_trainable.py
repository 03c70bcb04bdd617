"""Tests of models/finetuning/trainable.py and models/finetuning/config.py."""

import dataclasses

import keras
import numpy as np
import pydantic
import pytest

from models.finetuning import config, trainable
from models.finetuning.config import FineTuned, Frozen, Full, Gradual, HeadFirst, LoRA, Partial
from pipeline.config.problems import ConfigError
from tests import strict


@pytest.fixture
def backbone():
    x = inputs = keras.Input((3,), name="inputs")
    x = keras.layers.Dense(3, name="embedding")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dropout(0.5, name="embedding_dropout")(x)
    for index in range(11):
        x = keras.layers.Dense(3, name=f"transformer_layer_{index}")(x)
    x = keras.layers.Dropout(0.5, name="final_dropout")(x)
    x = keras.layers.LayerNormalization(name="final_norm")(x)
    return keras.Model(inputs, x, name="backbone")


def trained(backbone):
    return [layer.name for layer in backbone.layers if layer.trainable_weights]


def test_top_layers_and_what_follows_are_trained(backbone):
    assert trainable.prepare(backbone, FineTuned(Partial(), trainable_layers=2)) is backbone
    assert trained(backbone) == ["transformer_layer_9", "transformer_layer_10", "final_norm"]


def test_dropout_stays_only_in_the_trained_part(backbone):
    trainable.train_top(backbone, 1)
    assert backbone.get_layer("embedding_dropout").rate == 0.0
    assert backbone.get_layer("final_dropout").rate == 0.5


@pytest.mark.parametrize("field", ["rate", "drop_prob", "drop_path_rate"])
def test_paths_are_dropped_only_in_the_trained_part(field):
    class TinyDropPath(keras.layers.Layer):
        """As networks bring it, each with another name for its rate."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            setattr(self, field, 0.4)

        def call(self, x):
            return x

    x = inputs = keras.Input((3,), name="inputs")
    for index in range(2):
        x = keras.layers.Dense(3, name=f"layer_{index}")(x)
        x = TinyDropPath(name=f"layer_{index}_path")(x)
    backbone = keras.Model(inputs, x, name="backbone")
    trainable.train_top(backbone, 1)
    assert getattr(backbone.get_layer("layer_0_path"), field) == 0.0
    assert getattr(backbone.get_layer("layer_1_path"), field) == 0.4


@pytest.mark.parametrize("method", [Full(), HeadFirst(), Gradual()])
def test_every_layer_is_trained_sooner_or_later(backbone, method):
    trainable.prepare(backbone, FineTuned(method))
    assert trainable.trainable_counts(backbone) == trainable.TrainableCounts(
        trainable=12 * (3 * 3 + 3) + 2 * 3 + 2 * 3, frozen=2 * 3
    )
    assert backbone.get_layer("embedding_dropout").rate == 0.5


def test_frozen_trains_nothing(backbone):
    trainable.prepare(backbone, FineTuned(Frozen()))
    assert trained(backbone) == []


def test_batch_norm_of_a_frozen_part_keeps_its_statistics(backbone):
    trainable.train_top(backbone, 1)
    norm = backbone.get_layer("norm")
    before = [np.array(weight) for weight in norm.weights]
    backbone(np.full((5, 3), 7.0), training=True)
    for weight, value in zip(norm.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("num_layers", [0, 12])
def test_more_layers_than_there_are_is_refused(backbone, num_layers):
    message = f"`trainable_layers` must be between 1 and 11.*Received: .*={num_layers}.*full"
    with pytest.raises(ValueError, match=message):
        trainable.train_top(backbone, num_layers)


@pytest.mark.parametrize("method", [make() for make in config.METHODS.values()])
def test_a_way_is_given_by_name_or_with_its_fields(method):
    fields = dataclasses.asdict(method)
    assert strict.read(FineTuned, {"fine_tuning": method.kind}).fine_tuning == method
    assert strict.read(FineTuned, {"fine_tuning": fields}).fine_tuning == method


def test_a_name_is_enough_in_python_too():
    assert FineTuned(fine_tuning="frozen").fine_tuning == Frozen()


def test_an_unknown_way_is_named_with_the_closest():
    adapter = pydantic.TypeAdapter(config.Method)
    with pytest.raises(ValueError, match="Unknown fine-tuning 'lore'. Did you mean 'lora'"):
        adapter.validate_python("lore")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Full(layer_decay=0.0), r"layer_decay: must be above 0 and at most 1"),
        (lambda: Gradual(layer_decay=1.1), r"layer_decay: must be above 0 and at most 1"),
        (lambda: Gradual(block_epochs=0), "block_epochs: must be at least 1"),
        (lambda: HeadFirst(head_epochs=0), "head_epochs: must be at least 1"),
        (lambda: HeadFirst(rate_factor=0.0), r"rate_factor: must be above 0 and at most 1"),
        (lambda: LoRA(rank=0), "rank: must be at least 1"),
        (lambda: LoRA(alpha=0.0), "alpha: must be above 0"),
        (
            lambda: LoRA(targets=()),
            "targets: must be given, and not empty. Received: .*Name at least one layer",
        ),
        (lambda: FineTuned(trainable_layers=0), "trainable_layers: must be at least 1.*frozen"),
    ],
)
def test_impossible_values_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        strict.check(make())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Full(layer_decay=1.0),
        lambda: HeadFirst(head_epochs=1, rate_factor=1.0).check_length(2),
        lambda: Gradual(block_epochs=1).check_length(2),
        lambda: LoRA(rank=1, alpha=0.5, targets=("q",)),
        lambda: FineTuned(trainable_layers=1),
    ],
)
def test_the_ends_of_ranges_are_allowed(make):
    assert make() == make()


def test_names_alone_stand_for_the_documented_values():
    assert (LoRA().rank, LoRA().alpha, LoRA().targets) == (8, 16.0, ("query", "value"))
    assert (HeadFirst().head_epochs, HeadFirst().rate_factor) == (1, 0.1)
    assert (Gradual().block_epochs, Full().layer_decay) == (1, 1.0)
    assert FineTuned() == FineTuned(Partial(), trainable_layers=2)
