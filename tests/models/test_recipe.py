"""Tests of models/recipe.py and models/layers/blocks.py."""

import dataclasses
import re

import keras
import numpy as np
import pytest

from models import backbone
from models import recipe as recipes
from models.layers import blocks
from models.recipe import PLAIN, Recipe
from pipeline.config.problems import ConfigError
from tests import strict

PAPER = Recipe(initializer="he_normal", activation="relu", normalization="batch", dropout=0.4)


def complete(**fields):
    return Recipe(**fields).over(Recipe())


def test_what_a_recipe_leaves_out_is_the_papers_and_then_the_plain_choice():
    chosen = Recipe(activation="elu", elu_alpha=0.5).over(PAPER)
    assert (chosen.activation, chosen.elu_alpha) == ("elu", 0.5)
    assert (chosen.initializer, chosen.normalization, chosen.dropout) == ("he_normal", "batch", 0.4)
    assert (chosen.normalization_position, chosen.l2) == ("before", 0.0)
    assert None not in dataclasses.astuple(chosen)


def test_a_choice_of_zero_is_a_choice():
    assert Recipe(dropout=0.0).over(PAPER).dropout == 0.0


@pytest.mark.parametrize(
    ("name", "std"),
    [
        ("zeros", 0.0),
        ("random_normal", 0.3),
        ("glorot_normal", np.sqrt(2 / (200 + 300))),
        ("glorot_uniform", np.sqrt(2 / (200 + 300))),
        ("he_normal", np.sqrt(2 / 200)),
        ("he_uniform", np.sqrt(2 / 200)),
    ],
)
def test_initial_weights_have_the_papers_deviation(name, std):
    keras.utils.set_random_seed(0)
    chosen = recipes.initializer(complete(initializer=name, initializer_std=0.3))
    assert np.std(chosen((200, 300))) == pytest.approx(std, rel=0.02)


@pytest.mark.parametrize(
    ("name", "at_minus_one"),
    [
        ("sigmoid", 1 / (1 + np.e)),
        ("tanh", np.tanh(-1)),
        ("relu", 0.0),
        ("leaky_relu", -0.01),
        ("elu", 0.7 * (1 / np.e - 1)),
        ("gelu", -0.158655),
    ],
)
def test_activations_have_the_values_of_their_formulas(name, at_minus_one):
    layer = recipes.activation(complete(activation=name, elu_alpha=0.7), "a")
    assert float(layer(np.float32([-1.0]))[0]) == pytest.approx(at_minus_one, abs=1e-4)


@pytest.mark.parametrize(
    ("fields", "layers", "has_bias"),
    [
        ({"normalization": "none"}, ["x_relu"], True),
        ({"normalization": "batch"}, ["x_bn", "x_relu"], False),
        ({"normalization": "layer"}, ["x_ln", "x_relu"], False),
        (
            {"normalization": "batch", "normalization_position": "after"},
            ["x_relu", "x_bn"],
            True,
        ),
    ],
)
def test_normalization_stands_where_the_recipe_says(fields, layers, has_bias):
    recipe = complete(**fields)
    image = keras.Input((6, 5, 2))
    x = blocks.activate(blocks.convolution(image, 3, 3, recipe, "x"), recipe, "x")
    model = keras.Model(image, x)
    assert [layer.name for layer in model.layers[3:]] == layers
    assert model.get_layer("x_conv").use_bias is has_bias


def test_penalties_are_those_of_an_elastic_net():
    recipe = complete(l1=0.5, l2=0.25)
    x = keras.Input((2,))
    model = keras.Model(x, backbone.recipe_head(recipe)(1, "logits")(x))
    model.get_layer("logits").set_weights([np.float32([[3.0], [-1.0]]), np.float32([9.0])])
    assert float(sum(model.losses)) == pytest.approx(0.5 * 4 + 0.25 * 10)
    assert recipes.regularizer(PLAIN) is None


def test_strided_convolutions_give_the_same_as_keras_own():
    keras.utils.set_random_seed(1)
    image = keras.Input((7, 6, 2))
    model = keras.Model(image, blocks.convolution(image, 3, 1, PLAIN, "x", stride=2))
    own = keras.layers.Conv2D(3, 1, 2)
    pixels = np.random.default_rng(0).normal(size=(2, 7, 6, 2)).astype("float32")
    own.build(pixels.shape)
    own.set_weights(model.get_layer("x_conv").get_weights())
    np.testing.assert_allclose(model(pixels), own(pixels), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dropout": 1.0}, r"dropout: must be at least 0 and below 1"),
        ({"l1": -0.1}, "l1: must be at least 0"),
        ({"initializer_std": 0.0}, "initializer_std: must be above 0"),
        ({"elu_alpha": -1.0}, "elu_alpha: must be above 0"),
    ],
)
def test_rejects_impossible_recipes(fields, message):
    with pytest.raises(ConfigError, match=message):
        strict.read(Recipe, fields)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu"])
def test_an_activation_inside_a_layer_is_the_same_nonlinearity(name):
    recipe = complete(activation=name, elu_alpha=0.7)
    values = np.float32([-2.0, -0.1, 0.5])
    inside = recipes.activation_inside(recipe, "a")(keras.ops.convert_to_tensor(values))
    np.testing.assert_allclose(inside, recipes.activation(recipe, "b")(values), rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"initializer_std": 0.1},
            "initializer_std is read with `recipe.initializer: random_normal` alone. "
            "Received: 0.1 with initializer=he_normal, the paper's. Leave it out",
        ),
        ({"elu_alpha": 0.5}, r"elu_alpha is read .* with activation=relu, the paper's"),
        ({"elu_alpha": 0.5, "activation": "gelu"}, "elu_alpha .* 0.5 with activation=gelu. Leave"),
        (
            {"normalization_position": "after", "normalization": "none"},
            "normalization_position .* with normalization=none. Leave",
        ),
    ],
)
def test_what_nothing_would_read_is_refused(fields, message):
    [(field, text)] = Recipe(**fields).unread(PAPER)
    assert re.search(message, f"{field} {text}")


@pytest.mark.parametrize(
    ("fields", "paper", "unread"),
    [
        ({"initializer_std": 0.1}, {"initializer": "random_normal"}, {"initializer": "he_normal"}),
        ({"elu_alpha": 0.5}, {"activation": "elu"}, {"activation": "relu"}),
        ({"elu_alpha": 0.5, "activation": "elu"}, {"activation": "relu"}, None),
        (
            {"normalization_position": "after"},
            {"normalization": "layer"},
            {"normalization": "none"},
        ),
    ],
)
def test_what_the_papers_choice_reads_may_be_said(fields, paper, unread):
    said = Recipe(**fields)
    assert list(said.unread(dataclasses.replace(PAPER, **paper))) == []
    chosen = said.over(dataclasses.replace(PAPER, **paper))
    assert {name: getattr(chosen, name) for name in fields} == fields
    if unread:
        [(field, _)] = said.unread(dataclasses.replace(PAPER, **unread))
        assert field == next(iter(fields))


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("he_normal", (2 / 9) ** 0.5),
        ("he_uniform", (2 / 9) ** 0.5),
        ("glorot_normal", (1 / 9) ** 0.5),
        ("glorot_uniform", (1 / 9) ** 0.5),
        ("random_normal", 0.3),
    ],
)
def test_a_filter_per_channel_counts_the_inputs_of_one(name, deviation):
    keras.utils.set_random_seed(0)
    recipe = complete(initializer=name, initializer_std=0.3)
    kernel = recipes.depthwise_initializer(recipe, 512)((3, 3, 512, 1))
    np.testing.assert_allclose(np.std(kernel), deviation, rtol=0.05)
