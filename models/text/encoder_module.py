"""A text encoder as a Hub module: strings in, vectors out, every weight trainable.

Source: the interface "Reusable SavedModels", https://www.tensorflow.org/hub/reusable_saved_models.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from models.encoder import Encoder
from models.tensor import Tensor


def save(encoder: Encoder, network: keras.Model, folder: pathlib.Path) -> None:
    """Write a module.

    Args:
        encoder: From `text` `(n,)` string to what the network reads.
        network: Gives vectors `(n, dim)`; its weights stay as they are.
        folder: To be made.
    """
    root = tf.train.Checkpoint(resources=list(encoder.trackable))
    root.__call__ = _function(encoder, network)
    root.trainable_variables = [variable.value for variable in network.trainable_variables]
    root.variables = [variable.value for variable in network.variables]
    tf.saved_model.save(root, str(folder))


def _function(encoder: Encoder, network: keras.Model) -> Callable[..., Any]:
    @tf.function
    def call(texts: Tensor, training: bool = False) -> Tensor:
        return network(encoder({"text": texts}), training=training)

    texts = tf.TensorSpec([None], tf.string, name="texts")
    for training in (False, True):
        call.get_concrete_function(texts, training=training)
    return call
