"""Tests over the zoo that a model follows its recipe, or refuses what it cannot follow."""

import dataclasses
import functools
import json

import keras
import numpy as np
import pytest

from models import zoo
from models.recipe import Recipe
from models.text import recurrent, text_cnn, transformer
from tests.models import classifier, tiny_tokens

TOKENS = {"vocabulary_size": 11, "sequence_length": 6}
SMALL = {
    "alexnet": {"image_size": 15, "stem": "small", "width": 1 / 32},
    "bag_of_words": {**TOKENS, "hidden_dims": (3,)},
    "embedding_pooling": {**TOKENS, "embedding_dim": 4, "hidden_dims": (3,)},
    "googlenet": {"image_size": 4, "stem": "small", "width": 1 / 32},
    "mobilenet": {"image_size": 8, "stem": "small", "width_multiplier": 1 / 32},
    "recurrent": {**TOKENS, "embedding_dim": 4, "units": 5, "bidirectional": True},
    "resnet": {"image_size": 8, "stem": "small", "blocks": (1, 1), "width": 2},
    "text_cnn": {**TOKENS, "embedding_dim": 4, "filters": 3},
    "transformer": {**TOKENS, "hidden_dim": 4, "num_layers": 1, "num_heads": 2, "mlp_dim": 6},
    "vgg": {"image_size": 17, "depth": 11, "width": 2, "hidden_dim": 4},
    "vit": {"image_size": 16, "num_layers": 1, "hidden_dim": 4, "num_heads": 2, "mlp_dim": 6},
}
"""A tiny instance of each model that is built from scratch, by its name."""
RECIPE = Recipe(
    initializer="random_normal",
    initializer_std=0.0123,
    activation="elu",
    elu_alpha=0.0456,
    normalization="batch",
    dropout=0.0789,
    l1=0.0321,
    l2=0.0654,
)
"""Choices that no paper made."""
SEEN = {
    "initializer": '"RandomNormal"',
    "initializer_std": "0.0123",
    "activation": '"ELU"',
    "elu_alpha": "0.0456",
    "normalization": '"BatchNormalization"',
    "dropout": "0.0789",
    "l1": "0.0321",
    "l2": "0.0654",
}
"""What a model's config has if it follows a field of `RECIPE`."""
WITHOUT_POSITION = {"recurrent", "transformer", "vit"}


@functools.cache
def build(name, position=None):
    recipe = dataclasses.replace(RECIPE, normalization_position=position)
    return classifier.build(zoo.MODELS[name].config(**SMALL[name], recipe=recipe), 3)


def test_every_model_and_every_field_is_tried():
    with_recipe = {
        name
        for name, entry in zoo.MODELS.items()
        if "vector" in entry.provides
        and "recipe" in {field.name for field in dataclasses.fields(entry.config)}
    }
    assert set(SMALL) == with_recipe
    fields = {field.name for field in dataclasses.fields(Recipe)}
    assert {*SEEN, "normalization_position"} == fields


@pytest.mark.parametrize("name", SMALL)
def test_a_model_follows_every_field_of_its_recipe(name):
    config = json.dumps(build(name).get_config(), default=str)
    assert [field for field, seen in SEEN.items() if seen not in config] == []


@pytest.mark.parametrize("name", SMALL)
def test_a_model_puts_its_normalisation_where_the_recipe_says_or_refuses_to(name):
    if name in WITHOUT_POSITION:
        with pytest.raises(ValueError, match="`recipe.normalization_position` would change noth"):
            build(name, "after")
    else:
        before, after = (
            [type(layer) for layer in build(name, at).layers] for at in (None, "after")
        )
        assert before.index(keras.layers.ELU) > before.index(keras.layers.BatchNormalization)
        assert after.index(keras.layers.ELU) < after.index(keras.layers.BatchNormalization)


@pytest.mark.parametrize("name", SMALL)
def test_the_initializer_and_the_penalties_reach_every_kernel(name):
    layers = [layer for layer in build(name)._flatten_layers() if hasattr(layer, "kernel")]
    assert layers
    for config in (layer.get_config() for layer in layers):
        is_depthwise = "depthwise_initializer" in config
        start = config["depthwise_initializer" if is_depthwise else "kernel_initializer"]
        assert start["config"]["stddev"] == 0.0123, config["name"]
        for key in {"kernel_regularizer", "recurrent_regularizer"} & set(config):
            penalty = None if is_depthwise else pytest.approx({"l1": 0.0321, "l2": 0.0654})
            assert (config[key] and config[key]["config"]) == penalty, config["name"]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("bag_of_words", "dropout", 0.1),
        ("bag_of_words", "activation", "gelu"),
        ("embedding_pooling", "activation", "gelu"),
        ("embedding_pooling", "normalization", "batch"),
    ],
)
def test_a_linear_model_refuses_what_is_about_hidden_layers(name, field, value):
    message = f"`recipe.{field}` would change nothing: without `hidden_dims`.*Leave it out"
    with pytest.raises(ValueError, match=message):
        zoo.MODELS[name].config(recipe=Recipe(**{field: value}))
    assert zoo.MODELS[name].config(recipe=Recipe(l2=0.1)).recipe.l2 == 0.1


@pytest.mark.parametrize(
    "config",
    [
        recurrent.RecurrentConfig(**SMALL["recurrent"], pooling="mean"),
        recurrent.RecurrentConfig(**{**SMALL["recurrent"], "num_layers": 2}),
        text_cnn.TextCNNConfig(**SMALL["text_cnn"]),
        transformer.TransformerConfig(**SMALL["transformer"]),
        transformer.TransformerConfig(**SMALL["transformer"], normalization="pre"),
    ],
    ids=lambda config: config.kind,
)
def test_padding_is_no_part_of_the_statistics_of_a_batch(config):
    recipe = Recipe(normalization="batch", dropout=0.0)
    config = dataclasses.replace(config, recipe=recipe)
    model = classifier.build(config, 3)
    longer = classifier.build(dataclasses.replace(config, sequence_length=9), 3)
    longer.set_weights(model.get_weights())
    padded = np.pad(tiny_tokens.TOKEN_IDS, [(0, 0), (0, 3)])
    np.testing.assert_allclose(
        longer({"token_ids": padded}, training=True),
        model(tiny_tokens.FEATURES, training=True),
        rtol=1e-4,
        atol=1e-5,
    )
    for one, other in zip(longer.non_trainable_weights, model.non_trainable_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
