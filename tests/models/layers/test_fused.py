"""Tests of models/layers/fused.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.layers import fused
from models.text import pretrained
from tests.models import classifier, tiny_presets


def make(*layers):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(layers)
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    return model


def numbers(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


@pytest.mark.parametrize("activation", [None, "gelu", "softmax"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 5), (2, 3, 4, 5), (0, 3, 5)])
def test_a_dense_layer_answers_the_same(shape, use_bias, activation):
    model = make(keras.Input(shape[1:]), keras.layers.Dense(7, activation, use_bias))
    given = numbers(*shape)
    before = np.array(model(given))
    fused.fuse(model)
    np.testing.assert_allclose(model(given), before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes"),
    [
        ("abc,cde->abde", (None, 2, 7), "de"),
        ("abc,cde->abde", (None, 2, 7), "e"),
        ("abc,cde->abde", (None, 2, 7), None),
        ("abc,bce->abe", (3, 7), "e"),
        ("abc,ec->abe", (None, 7), "e"),
        ("...c,ce->...e", (7,), "e"),
        ("abc,bcd->ad", (7,), "d"),
    ],
)
@pytest.mark.parametrize("activation", [None, "softmax"])
def test_an_einsum_layer_answers_the_same(equation, output_shape, bias_axes, activation):
    layer = keras.layers.EinsumDense(
        equation, output_shape, bias_axes=bias_axes, activation=activation
    )
    model = make(keras.Input((3, 5)), layer)
    given = numbers(2, 3, 5)
    before = np.array(model(given))
    fused.fuse(model)
    np.testing.assert_allclose(model(given), before, rtol=1e-5, atol=1e-5)


def added_to(model, *shape):
    """Kinds of the operations whose results have a bias added."""
    traced = tf.function(lambda x: model(x, training=False))
    graph = traced.get_concrete_function(tf.TensorSpec(shape, "float32")).graph
    biases = [operation for operation in graph.get_operations() if operation.type == "BiasAdd"]
    return [operation.inputs[0].op.type for operation in biases]


def test_a_bias_follows_its_product_at_once():
    model = make(keras.Input((3, 5)), keras.layers.Dense(7, "relu"), keras.layers.Dense(2))
    assert added_to(model, None, 3, 5) == ["Reshape", "Reshape"]
    fused.fuse(model)
    assert added_to(model, None, 3, 5) == ["MatMul", "MatMul"]


MASKS = {
    "none": None,
    "keys": [[[1, 1, 0, 0]], [[1, 1, 1, 1]]],
    "queries and keys": np.tril(np.ones((2, 4, 4))),
    "nothing to see": [[[0, 0, 0, 0]], [[1, 0, 1, 0]]],
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_answers_the_same(mask, dropout, causal):
    mask = None if mask is None else np.array(mask, bool)
    layer = keras.layers.MultiHeadAttention(2, 3, dropout=dropout)
    given = numbers(2, 4, 5)

    def attend():
        return np.array(layer(given, given, attention_mask=mask, use_causal_mask=causal))

    before = attend()
    fused.fuse(layer)
    np.testing.assert_allclose(attend(), before, rtol=1e-5, atol=1e-5)


def test_attention_still_gives_its_scores():
    layer = keras.layers.MultiHeadAttention(2, 3)
    given = numbers(2, 4, 5)
    _, before = layer(given, given, return_attention_scores=True)
    fused.fuse(layer)
    _, scores = layer(given, given, return_attention_scores=True)
    np.testing.assert_allclose(scores, before, rtol=1e-5)


def test_a_step_of_training_is_the_same():
    def trained(is_fused):
        inputs = keras.Input((4, 5))
        x = keras.layers.MultiHeadAttention(2, 3, dropout=0.3, seed=1)(inputs, inputs)
        model = make(keras.Model(inputs, keras.layers.Dense(2, "gelu")(x)))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        if is_fused:
            fused.fuse(model)
        model.train_on_batch(numbers(3, 4, 5), numbers(3, 4, 2))
        return model.get_weights()

    for weight, expected in zip(trained(True), trained(False), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_a_preset_answers_the_same_and_saves_nothing_of_it(tmp_path):
    preset = tiny_presets.save_bert(tmp_path / "preset")
    config = pretrained.PretrainedTextConfig(preset=preset, sequence_length=12)
    model, encoder = classifier.build(config, 2), pretrained.encoder(config)
    given = encoder({"text": tf.constant(["old map", "", "old new old new old"])})
    before = np.array(model(given))
    fused.fuse(model)
    np.testing.assert_allclose(model(given), before, rtol=1e-5, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(given), before, rtol=1e-5, atol=1e-5)
