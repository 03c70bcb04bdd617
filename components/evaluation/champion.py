"""Whether a served model can still be asked about today's examples."""

import pathlib
from collections.abc import Sequence

import tensorflow as tf

_ANSWERS = {"serve_examples": "probabilities", "label_ids": "label_id"}
"""The output that evaluation reads of each signature it asks."""


def problem(folder: pathlib.Path, examples: Sequence[bytes]) -> str | None:
    """Why a model cannot be compared with; None if it answers.

    Args:
        folder: Of its SavedModel.
        examples: Serialized tf.Examples to ask it about.
    """
    if not (folder / "saved_model.pb").is_file():
        return f"{folder} is gone"
    try:
        signatures = tf.saved_model.load(str(folder)).signatures
    except Exception as error:  # Whatever reading broken files raises.
        return f"{folder} cannot be loaded: {_reason(error)}"
    for name, output in _ANSWERS.items():
        if name not in signatures:
            return f"it has no signature {name}"
        try:
            answer = signatures[name](examples=tf.constant(list(examples)))
        except Exception as error:  # Whatever a model of other inputs raises.
            return f"it cannot be asked about these examples: {_reason(error)}"
        if output not in answer:
            return f"its signature {name} does not answer {output}"
    return None


def _reason(error: Exception) -> str:
    """What happened, without where in the graph, which TensorFlow puts around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    nodes = [index for index, line in enumerate(lines) if line.startswith("[[")]
    if nodes and nodes[0] > 0:
        return lines[nodes[0] - 1]
    return lines[0] if lines else type(error).__name__
