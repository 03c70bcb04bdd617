"""The operations of exported tokenizers, without the Python package around them.

Importing tensorflow_text imports Keras, which a server does not need.
"""

import importlib.util
import pathlib

import tensorflow as tf


def register() -> None:
    """Load tensorflow_text's operation libraries into TensorFlow, as TensorFlow Serving has them.

    Raises:
        ModuleNotFoundError: If tensorflow_text is not installed.
    """
    package = importlib.util.find_spec("tensorflow_text")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(
            "tensorflow_text is not installed, and text models need it. Run `make install`.",
            name="tensorflow_text",
        )
    folder = pathlib.Path(package.submodule_search_locations[0], "python", "ops")
    for library in sorted(folder.glob("*.so")):
        tf.load_op_library(str(library))
