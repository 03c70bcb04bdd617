"""Weights of a network below its head: what one training learned, another begins with."""

from __future__ import annotations

import pathlib
from typing import Any

import keras
import numpy as np

from models import siamese

FILE = "encoder.npz"
_FEATURES = "features"


def save(config: Any, model: keras.Model, folder: pathlib.Path) -> None:
    """Write the weights of a trained model up to its features, by layer, as `FILE`.

    Args:
        config: Of the model.
        model: Siamese or not.
        folder: Made if missing.
    """
    del config
    if siamese.is_siamese(model):
        below = siamese.side(model)
    else:
        below = keras.Model(model.inputs, model.get_layer(_FEATURES).output)
    arrays = {
        f"{layer.name}/{place}": value
        for layer in below.layers
        for place, value in enumerate(layer.get_weights())
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("wb") as file:
        np.savez(file, **arrays)


def load(inputs: Any, vector: Any, path: str) -> None:
    """Let a fresh network begin with what `save` wrote.

    Args:
        inputs: Of the network.
        vector: What it gives.
        path: File.

    Raises:
        ValueError: If the file is of another network.
    """
    layers = {
        layer.name: layer for layer in keras.Model(inputs, vector).layers if layer.get_weights()
    }
    with np.load(path) as found:
        written = {name: found[name] for name in found.files}
    wanted = {
        f"{name}/{place}": value.shape
        for name, layer in layers.items()
        for place, value in enumerate(layer.get_weights())
    }
    shapes = {name: value.shape for name, value in written.items()}
    if wanted != shapes:
        different = sorted(
            name for name in wanted.keys() | shapes if wanted.get(name) != shapes.get(name)
        )
        first = different[0]
        raise ValueError(
            f"`model.encoder_weights`: {path} is of another network: {len(different)} of its "
            f"weights differ. Expected {first} of the shape {wanted.get(first)}. Received: "
            f"{shapes.get(first)}. Give `model` the fields of the run that wrote it."
        )
    for name, layer in layers.items():
        layer.set_weights([written[f"{name}/{place}"] for place in range(len(layer.get_weights()))])


def require(config: Any, path: str) -> None:
    """Refuse a file that is not there.

    Args:
        config: Of the model.
        path: Its `encoder_weights`, absolute.

    Raises:
        ValueError: If there is no such file.
    """
    del config
    if not pathlib.Path(path).is_file():
        raise ValueError(
            f"there is no file {path}. Expected: `assets.extra/{FILE}` of a pushed model that was "
            "trained on images alone, absolute or relative to the YAML. Correct the path, or leave "
            "it out."
        )
