"""Whether a served model can still be asked about today's examples."""

import pathlib
from collections.abc import Sequence

import tensorflow as tf

_SIGNATURE = "serve_examples"
"""The one that evaluation asks."""


def problem(folder: pathlib.Path, candidate: pathlib.Path, examples: Sequence[bytes]) -> str | None:
    """Why a model cannot be compared with; None if it answers as the candidate does.

    Args:
        folder: Of its SavedModel.
        candidate: Of the SavedModel that is to be compared with it.
        examples: Serialized tf.Examples to ask it about.
    """
    if not (folder / "saved_model.pb").is_file():
        return f"{folder} is gone"
    try:
        signatures = tf.saved_model.load(str(folder)).signatures
    except Exception as error:  # Whatever reading broken files raises.
        return f"{folder} cannot be loaded: {_reason(error)}"
    if _SIGNATURE not in signatures:
        return f"it has no signature {_SIGNATURE}"
    try:
        answer = signatures[_SIGNATURE](examples=tf.constant(list(examples)))
    except Exception as error:  # Whatever a model of other inputs raises.
        return f"it cannot be asked about these examples: {_reason(error)}"
    expected = tf.saved_model.load(str(candidate)).signatures[_SIGNATURE].structured_outputs
    missing = sorted(set(expected) - set(answer))
    return f"it does not answer {', '.join(missing)}" if missing else None


def _reason(error: Exception) -> str:
    """What happened, without where in the graph, which TensorFlow puts around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    nodes = [index for index, line in enumerate(lines) if line.startswith("[[")]
    if nodes and nodes[0] > 0:
        return lines[nodes[0] - 1]
    return lines[0] if lines else type(error).__name__
