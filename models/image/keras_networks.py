"""The networks of keras.applications and what each does to pixels."""

from __future__ import annotations

import types
from typing import Any

import keras

from models.tensor import Tensor


@keras.saving.register_keras_serializable(package="maru")
class NetworkPixels(keras.layers.Layer):
    """Pixels as a network of keras.applications was trained on them: its `preprocess_input`.

    Args:
        network: Name as `find` takes it.
        **kwargs: `name`; the dtype is float32.

    Input shape:
        `(batch, height, width, 3)` uint8, red, green and blue.

    Output shape:
        The same, float32.
    """

    def __init__(self, network: str, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.network = network
        self._preprocess = _networks()[_plain(network)][0].preprocess_input

    def call(self, image: Tensor) -> Tensor:
        """Scale, shift and, for some networks, swap the channels."""
        return self._preprocess(keras.ops.cast(image, "float32"))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The name of the network."""
        return {**super().get_config(), "network": self.network}


def find(name: str) -> tuple[types.ModuleType, str] | None:
    """Find a network of keras.applications.

    Args:
        name: As its function is called, in any case, with or without underscores: `resnet50`,
            `mobilenet_v2`, `EfficientNetB0`.

    Returns:
        The module with its `preprocess_input`, and the name of the function in
        `keras.applications`; None if there is none.
    """
    return _networks().get(_plain(name))


def names() -> list[str]:
    """What the functions of all networks are called."""
    return sorted(function for _, function in _networks().values())


def _networks() -> dict[str, tuple[types.ModuleType, str]]:
    """Plain name to the module with `preprocess_input` and the function's name."""
    functions = {
        name: function for name, function in vars(keras.applications).items() if name[0].isupper()
    }
    return {
        _plain(name): (getattr(keras.applications, function.__module__.rpartition(".")[2]), name)
        for name, function in functions.items()
    }


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
