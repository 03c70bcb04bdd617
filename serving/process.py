"""What a process that only serves does before it answers."""

import gc
import sys
from typing import Any


def skip_keras() -> None:
    """Keep TensorFlow from importing Keras, for this whole process.

    TensorFlow imports Keras where it can, and Keras imports scikit-learn, pandas and matplotlib:
    half of the time a server takes to start, for modules that no SavedModel needs. Call it
    before TensorFlow is imported, and only in a process of its own.
    """
    if "tensorflow" not in sys.modules:
        hidden: dict[str, Any] = {"keras": None}  # None makes `import` fail.
        sys.modules.update(hidden)


def settle() -> None:
    """Keep the garbage collector away from what loading left behind.

    TensorFlow and a model are a million objects that stay. A request with many numbers makes
    enough new ones to have all of them looked at again: without this, parsing a 3 MB JSON body
    takes fifteen times as long.
    """
    gc.collect()
    gc.freeze()
    # Objects of a request die by their reference counts; only rare cycles need the collector.
    gc.set_threshold(50_000, 20, 50)
