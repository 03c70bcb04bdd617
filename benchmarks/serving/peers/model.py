"""A SavedModel the way a peer's user calls it: loaded by TensorFlow, signature with constants.

Runs in the peers' environments; nothing of Maru is imported.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf


class SavedModel:
    """The signature `serving_default` of the newest version.

    Args:
        base_path: Folder of versions.

    Attributes:
        inputs: Type by input.
    """

    def __init__(self, base_path: pathlib.Path):
        # Operations of text models, without the package's Python, which needs Keras.
        package = pathlib.Path(tf.__file__).parents[2] / "tensorflow_text" / "python" / "ops"
        for library in sorted(package.glob("*.so")):
            tf.load_op_library(str(library))
        newest = max(
            (p for p in base_path.iterdir() if p.name.isdigit()), key=lambda p: int(p.name)
        )
        self._model = tf.saved_model.load(str(newest))
        self._call = self._model.signatures["serving_default"]
        _, keywords = self._call.structured_input_signature
        self.inputs = {name: spec.dtype for name, spec in keywords.items()}

    def call(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Compute a batch.

        Args:
            inputs: Lists or arrays by input; the first axis is rows.
        """
        constants = {name: tf.constant(inputs[name], dtype) for name, dtype in self.inputs.items()}
        return {name: tensor.numpy() for name, tensor in self._call(**constants).items()}

    def predict(self, instances: Sequence[Any]) -> list[Any]:
        """Answer `instances` of TensorFlow Serving's REST API with its `predictions`."""
        first, *others = self.inputs
        if others:
            inputs = {name: [row[name] for row in instances] for name in self.inputs}
        else:
            inputs = {first: list(instances)}
        outputs = {name: plain(array) for name, array in self.call(inputs).items()}
        if len(outputs) == 1:
            return next(iter(outputs.values()))
        return [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]


def plain(array: np.ndarray) -> list[Any]:
    """An array as lists of Python's own types."""
    values = array.tolist()
    return _decoded(values) if array.dtype.kind == "O" else values


def _decoded(value: Any) -> Any:
    return [_decoded(item) for item in value] if isinstance(value, list) else value.decode()
