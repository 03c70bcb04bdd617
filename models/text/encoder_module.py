"""A text encoder as a Hub module: strings in, vectors out, every weight trainable.

Source: the interface "Reusable SavedModels", https://www.tensorflow.org/hub/reusable_saved_models.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import keras
import keras_hub
import tensorflow as tf

from models.backbone import Backbone
from models.encoder import Encoder
from models.tensor import Tensor

PRESET, HUB = "preset", "hub"
"""Folders of what other tasks fine-tune."""


def save_beside_preset(
    model: keras.Model,
    whole: keras_hub.models.Backbone,
    fresh: Backbone,
    tokenizer: keras_hub.tokenizers.Tokenizer,
    encoder: Encoder,
    folder: pathlib.Path,
) -> None:
    """Write what other tasks fine-tune: `preset`, as KerasHub reads it, and `hub`, a module.

    Args:
        model: Trained.
        whole: What the preset is of; gets what layers of the same names learned.
        fresh: What the module is of, up to its vector; gets the same.
        tokenizer: Of the preset.
        encoder: From `text` `(n,)` string to what `fresh` reads.
        folder: To write both in; may be missing.
    """
    network = keras.Model(fresh.inputs, fresh.vector)
    learned = {layer.name: layer for layer in (*model.get_layer("backbone").layers, *model.layers)}
    for layer in (*whole.layers, *network.layers):
        if layer.name in learned:  # A pooler that no task read has learned nothing.
            layer.set_weights(learned[layer.name].get_weights())
    (folder / PRESET).mkdir(parents=True)
    whole.save_to_preset(str(folder / PRESET))
    tokenizer.save_to_preset(str(folder / PRESET))
    save(encoder, network, folder / HUB)


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
