"""Tests of models/finetune.py."""

import keras
import numpy as np
import pytest

from models import finetune


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


def test_layers_are_ordered_by_number_not_by_text(backbone):
    names = [layer.name for layer in finetune.transformer_layers(backbone)]
    assert names == [f"transformer_layer_{index}" for index in range(11)]


def test_top_layers_and_what_follows_are_trained(backbone):
    finetune.train_top(backbone, 2)
    assert trained(backbone) == ["transformer_layer_9", "transformer_layer_10", "final_norm"]


def test_dropout_stays_only_in_the_trained_part(backbone):
    finetune.train_top(backbone, 1)
    assert backbone.get_layer("embedding_dropout").rate == 0.0
    assert backbone.get_layer("final_dropout").rate == 0.5


def test_full_trains_every_layer(backbone):
    finetune.train_all(backbone)
    assert finetune.trainable_counts(backbone) == finetune.TrainableCounts(
        trainable=12 * (3 * 3 + 3) + 2 * 3 + 2 * 3, frozen=2 * 3
    )


def test_frozen_trains_nothing(backbone):
    finetune.freeze(backbone)
    assert trained(backbone) == []


def test_batch_norm_of_a_frozen_part_keeps_its_statistics(backbone):
    finetune.train_top(backbone, 1)
    norm = backbone.get_layer("norm")
    before = [np.array(weight) for weight in norm.weights]
    backbone(np.full((5, 3), 7.0), training=True)
    for weight, value in zip(norm.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("num_layers", [0, 12])
def test_more_layers_than_there_are_is_refused(backbone, num_layers):
    message = f"`trainable_layers` must be between 1 and 11.*Received: .*={num_layers}.*full"
    with pytest.raises(ValueError, match=message):
        finetune.train_top(backbone, num_layers)


def test_a_backbone_without_numbered_layers_is_refused():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="only")(inputs), name="odd")
    with pytest.raises(ValueError, match="'odd' has no layers named like.*'only'"):
        finetune.train_top(model, 1)
