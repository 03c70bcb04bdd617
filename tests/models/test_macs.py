"""Tests of models/macs.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import macs, zoo
from tests.models import classifier


def sequential(*layers, shape, dtype="float32"):
    source = keras.Input(shape, dtype=dtype, name="source")
    x = source
    for layer in layers:
        x = layer(x)
    return keras.Model({"source": source}, x)


def of_zoo(kind, num_classes=1000, **fields):
    entry = zoo.lookup(kind)
    return macs.macs(classifier.build(entry.config(**fields), num_classes))


def test_a_dense_layer_multiplies_every_input_with_every_unit():
    assert macs.macs(sequential(keras.layers.Dense(7), shape=(5,))) == 5 * 7
    assert macs.macs(sequential(keras.layers.Dense(7), shape=(3, 5))) == 3 * 5 * 7


def test_a_convolution_multiplies_its_kernel_at_every_place():
    same = keras.layers.Conv2D(7, (3, 5), padding="same")
    assert macs.macs(sequential(same, shape=(11, 13, 2))) == 11 * 13 * 7 * 3 * 5 * 2
    strided = keras.layers.Conv1D(7, 3, strides=2)
    assert macs.macs(sequential(strided, shape=(11, 2))) == 5 * 7 * 3 * 2


def test_a_group_of_a_convolution_sees_its_own_channels():
    grouped = keras.layers.Conv2D(6, 3, groups=2, padding="same")
    assert macs.macs(sequential(grouped, shape=(5, 7, 4))) == 5 * 7 * 6 * 3 * 3 * 2


def test_a_depthwise_convolution_sees_one_channel():
    depthwise = keras.layers.DepthwiseConv2D(3, padding="same")
    assert macs.macs(sequential(depthwise, shape=(5, 7, 4))) == 5 * 7 * 4 * 3 * 3


def test_attention_multiplies_queries_with_keys_and_weights_with_values():
    source = keras.Input((5, 6), name="source")
    attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    projections, products = 4 * 5 * 6 * 6, 2 * 5 * 5 * 6
    model = keras.Model({"source": source}, attention(source, source))
    assert macs.macs(model) == projections + products


@pytest.mark.parametrize(
    ("layer", "gates"), [(keras.layers.SimpleRNN, 1), (keras.layers.GRU, 3), (keras.layers.LSTM, 4)]
)
def test_a_recurrent_layer_multiplies_at_every_token(layer, gates):
    model = sequential(layer(6), shape=(7, 5))
    assert macs.macs(model) == 7 * gates * 6 * (5 + 6)


def test_masked_stacked_and_two_way_recurrent_networks_are_counted_layer_by_layer():
    found = of_zoo(
        "recurrent",
        3,
        vocabulary_size=11,
        sequence_length=7,
        embedding_dim=5,
        units=6,
        bidirectional=True,
        num_layers=2,
    )
    first, second, head = 2 * 7 * 4 * 6 * (5 + 6), 2 * 7 * 4 * 6 * (12 + 6), 12 * 3
    assert found == first + second + head


def test_an_einsum_with_an_ellipsis_counts_every_combination_of_indices():
    class Product(keras.layers.Layer):
        def call(self, x):
            return tf.einsum("...ij,...jk->...ik", x, tf.ones((3, 5, 2)))

    assert macs.macs(sequential(Product(), shape=(3, 7, 5))) == 3 * 7 * 5 * 2


def test_a_function_inside_a_layer_is_counted_with_the_rest(tmp_path):
    module = tf.Module()
    module.kernel = tf.Variable(np.ones((5, 7), "float32"))
    module.call = tf.function(
        lambda x: x @ module.kernel, input_signature=[tf.TensorSpec((None, 5))]
    )
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))

    class Loaded(keras.layers.Layer):
        def call(self, x):
            return loaded.call(x)

    assert macs.macs(sequential(Loaded(), shape=(5,))) == 5 * 7


def test_a_loop_of_unknown_length_is_refused():
    class Loop(keras.layers.Layer):
        def call(self, x):
            steps = tf.cast(tf.reduce_sum(x), tf.int32)
            ones = tf.ones((5, 5))
            (result,) = tf.while_loop(
                lambda x: True, lambda x: (x @ ones,), (x,), maximum_iterations=steps
            )
            return result

    with pytest.raises(ValueError, match=r"While\) cannot be counted: the number of its steps"):
        macs.macs(sequential(Loop(), shape=(5,)))


@pytest.mark.parametrize(
    ("kind", "fields", "published"),
    [
        # Krizhevsky (2012) as torchvision counts it with groups, Simonyan and Zisserman (2014),
        # He et al. (2015) table 1, Howard et al. (2017) table 4.
        ("alexnet", {}, 0.72e9),
        ("vgg", {"depth": 16}, 15.5e9),
        ("resnet", {"depth": 18}, 1.8e9),
        ("mobilenet", {}, 569e6),
    ],
)
def test_published_numbers_are_met(kind, fields, published):
    assert of_zoo(kind, **fields) == pytest.approx(published, rel=0.02)


def test_a_linear_bag_of_words_is_one_product():
    assert of_zoo("bag_of_words", 3, vocabulary_size=11, sequence_length=7) == 11 * 3
