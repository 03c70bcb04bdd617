"""The signatures of an export.

| signature         | inputs                        | outputs                          |
|-------------------|-------------------------------|----------------------------------|
| `serving_default` | one for each input of a task  | the task's answers               |
| `serve_examples`  | `examples`: tf.Example        | the same                         |
| `embed`           | as `serving_default`, or one  | `embedding` `(n, dim)` float32   |

Inputs are strings `(n,)`; outputs have a row for each. Signatures of some tasks take numbers
`(n,)` beside them.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

Tensors = Mapping[str, tf.Tensor]
DEFAULT = "serving_default"
OF_EXAMPLES = "serve_examples"
_EXAMPLES = "examples"
DTYPES = {int: tf.int64, float: tf.float32}
"""Of numbers in requests."""


@dataclasses.dataclass(frozen=True)
class Signature:
    """A function that an export answers requests with."""

    function: Callable[[Tensors], Tensors]
    """What requests bring by name, each `(n,)`, to named outputs `(n, ...)`."""
    inputs: tuple[str, ...]
    """Names in requests."""
    settings: Mapping[str, float | int] = dataclasses.field(default_factory=dict)
    """Numbers beside them by name in requests, `(n,)` int64 or float32 by the type of the value."""

    @property
    def spec(self) -> dict[str, tf.TensorSpec]:
        """What it takes."""
        texts = {name: tf.TensorSpec([None], tf.string, name=name) for name in self.inputs}
        return texts | {
            name: tf.TensorSpec([None], DTYPES[type(value)], name=name)
            for name, value in self.settings.items()
        }


def export(
    signatures: Mapping[str, Signature], resources: Sequence[Any], directory: pathlib.Path
) -> None:
    """Write a SavedModel.

    Args:
        signatures: By name.
        resources: Whatever their functions use that has variables, tables or files.
        directory: Folder to create.
    """
    archive = keras.export.ExportArchive()
    for resource in resources:
        archive.track(resource)
    for name, signature in signatures.items():
        archive.add_endpoint(name, _by_keyword(signature), input_signature=[signature.spec])
    _keep_one_copy(archive)
    archive.write_out(str(directory), verbose=False)


def of_examples(signature: Signature, columns: Mapping[str, str]) -> Signature:
    """The same function of serialized tf.Examples.

    Args:
        signature: Of raw inputs.
        columns: Feature of a tf.Example by name in requests.
    """
    spec = {column: tf.io.FixedLenFeature([], tf.string) for column in columns.values()}

    def function(inputs: Tensors) -> Tensors:
        parsed = tf.io.parse_example(inputs[_EXAMPLES], spec)
        return signature.function({name: parsed[column] for name, column in columns.items()})

    return Signature(function, (_EXAMPLES,))


def _by_keyword(signature: Signature) -> Callable[[Tensors], dict[str, tf.Tensor]]:
    return lambda inputs: dict(signature.function(inputs))


def _keep_one_copy(archive: keras.export.ExportArchive) -> None:
    """Leave out the layers' lists of variables, which would be written beside the functions' own.

    Keras's variables wrap TensorFlow's, and a checkpoint takes both for different ones.
    """
    tracked = archive._tf_trackable
    for name in ("variables", "trainable_variables", "non_trainable_variables"):
        setattr(tracked, name, [])
