"""Tiny models to examine, healthy and broken, and the splits they learn from."""

import keras
import numpy as np
import tensorflow as tf

from models.doctor import examination
from models.tasks import expected as expectations
from models.tasks import losses
from models.training import config, inputs

NUM_CLASSES = 3
WIDTH = 5
EXPECTED = expectations.of_classes(NUM_CLASSES)


def points(count=21, seed=1):
    """Points around one centre per class, `(count, 5)`, and their class ids."""
    draw = np.random.default_rng(seed)
    ids = np.arange(count, dtype="int64") % NUM_CLASSES
    centres = draw.normal(size=(NUM_CLASSES, WIDTH))
    values = centres[ids] + draw.normal(size=(count, WIDTH)) / 3
    return {"x": values.astype("float32")}, ids


def split(features, labels, batch_size=8):
    """The split of some examples, in their order."""

    def order(number):
        return tf.data.Dataset.from_tensor_slices((features, labels)).batch(batch_size)

    return inputs.Batches(order, len(labels), batch_size, is_cached=True)


def network(*layers, head=None, width=WIDTH):
    """`build` of a chain of layers; `layers` and `head` are functions without arguments."""

    def build():
        keras.utils.set_random_seed(4)
        x = given = keras.Input((width,), name="x")
        for layer in layers:
            x = layer()(x)
        x = keras.layers.Identity(name="features")(x)
        logits = (head or dense(NUM_CLASSES, name="logits"))()(x)
        return keras.Model({"x": given}, logits)

    return build


def dense(units, **options):
    """A function that makes a dense layer."""
    return lambda: keras.layers.Dense(units, **options)


HEALTHY = network(dense(16, activation="relu", kernel_initializer="he_normal"))


def examine(build=HEALTHY, features=None, labels=None, loss=None, expected=None, **training):
    """The findings of a quick examination, one after the other."""
    given, ids = points()
    return examination.examine(
        build,
        split(given if features is None else features, ids if labels is None else labels),
        config.TrainingConfig(**{"batch_size": 8, "learning_rate": 0.01, **training}),
        loss or losses.build(0.0),
        expected or EXPECTED,
    )


def findings(build=HEALTHY, **arguments):
    """All findings by name."""
    return {finding.check: finding for finding in examine(build, **arguments)}


def until(name, build=HEALTHY, **arguments):
    """The findings up to one, by name; what comes after it is not computed."""
    found = {}
    for finding in examine(build, **arguments):
        found[finding.check] = finding
        if finding.check == name:
            break
    return found
