"""What a process that only serves does first."""

import sys


def skip_keras() -> None:
    """Keep TensorFlow from importing Keras, for this whole process.

    TensorFlow imports Keras where it can, and Keras imports scikit-learn, pandas and matplotlib:
    half of the time a server takes to start, for modules that no SavedModel needs. Call it
    before TensorFlow is imported, and only in a process of its own.
    """
    if "tensorflow" not in sys.modules:
        sys.modules.setdefault("keras", None)
