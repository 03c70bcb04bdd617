"""A network that embeds each input of an example by itself, with the same weights.

Source: Bromley et al. (1993), "Signature Verification using a Siamese Time Delay Neural Network".
The sides of a batch's examples pass through the network as one batch of more rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras

from models.backbone import Backbone
from models.encoder import Encoder

SIDE = "side"
"""Output of `side`."""
_JOINED = "sides_of_"
_VECTORS = "vectors_of_sides"
_SIDES = "sides"


def backbone(one: Backbone, sides: int) -> Backbone:
    """The same network of all sides of an example.

    Args:
        one: Of one side; each input is `(batch, ...)`, its vector `(batch, dim)`.
        sides: Of an example.

    Returns:
        Each of its inputs is `(batch, sides, ...)`, its vector `(batch, sides, dim)`.
    """
    from models.layers.sides import JoinSides, PartSides

    inputs = {
        name: keras.Input((sides, *tensor.shape[1:]), dtype=tensor.dtype, name=name)
        for name, tensor in one.inputs.items()
    }
    joined = {name: JoinSides(name=_JOINED + name)(tensor) for name, tensor in inputs.items()}
    features = keras.Model(one.inputs, one.vector).get_layer("features").output
    # Not `model(...)`: its layers are to be this model's own, where others look for them by name.
    vectors = keras.Model(one.inputs, features).call(joined)
    vector = keras.layers.Identity(name=_VECTORS)(vectors)
    if one.vector is not features:
        vector = keras.Model(features, one.vector).call(vector)
    return dataclasses.replace(one, inputs=inputs, vector=PartSides(sides, name=_SIDES)(vector))


def features(model: keras.Model) -> Any:
    """What a model's head stands on, in inference: `(batch, ...)`, `(batch, sides, dim)`, or None.

    Args:
        model: Siamese or not.
    """
    named = {layer.name: layer for layer in model.layers}
    found = named.get(_SIDES, named.get("features"))
    return None if found is None else found.output


def is_siamese(model: keras.Model) -> bool:
    """Whether a model was made of `backbone`."""
    return any(layer.name == _VECTORS for layer in model.layers)


def side(model: keras.Model) -> keras.Model:
    """The part of a siamese network that embeds one side.

    Args:
        model: Made of `backbone`.

    Returns:
        A model with the same weights from the inputs of one side to `SIDE`, its vector
        `(batch, dim)`.
    """
    joined = {
        layer.name.removeprefix(_JOINED): layer.output
        for layer in model.layers
        if layer.name.startswith(_JOINED)
    }
    inputs = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in joined.items()
    }
    below = keras.Model(list(joined.values()), model.get_layer(_VECTORS).output)
    return keras.Model(inputs, {SIDE: below.call(list(inputs.values()))}, name="side")


def encoder(one: Encoder, sides: Sequence[Sequence[str]]) -> Encoder:
    """To the inputs of a siamese network.

    Args:
        one: Encoder of one side; it takes features of the names of the first.
        sides: Transformed features of each side, of all as many.
    """
    import tensorflow as tf

    def function(features: dict[str, Any]) -> dict[str, Any]:
        joined, rows = {}, None
        for name, *parts in zip(sides[0], *sides, strict=True):
            stacked = tf.stack([features[part] for part in parts], axis=1)
            rows = tf.shape(stacked)[0]
            joined[name] = tf.reshape(stacked, [-1, *stacked.shape[2:]])
        return {
            name: tf.reshape(value, [rows, len(sides), *value.shape[1:]])
            for name, value in one(joined).items()
        }

    return dataclasses.replace(
        one, function=function, of_side=lambda features: one({n: features[n] for n in sides[0]})
    )
