"""Objects of other libraries that have what they do not promise to keep."""

import importlib

import tensorflow as tf


def graph_with_a_function() -> tf.Graph:
    called = tf.function(lambda x: tf.function(lambda y: y + 1)(x))
    return called.get_concrete_function(tf.TensorSpec([], tf.int32)).graph


def statistics_in_memory() -> object:
    importlib.import_module(
        "tfx"
    )  # It stands in for a module that TFDV imports and TFX's own lacks.
    module = importlib.import_module("tensorflow_data_validation.statistics.stats_impl")
    return module.generate_statistics_in_memory
