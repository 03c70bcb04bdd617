"""A TF2 SavedModel in Hub format, loaded and described.

Source: the interface "Reusable SavedModels", https://www.tensorflow.org/hub/reusable_saved_models.
Difference: an object that lists no variables has those of everything it consists of, so that
what `tf.saved_model.save` makes of a plain `tf.Module` can be trained too.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pathlib
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

WHOLE = "output"
"""Name of the output of a module that has one."""
# The stateful random operations with the attributes `seed` and `seed2`; 0 and 0 are not saved.
_RANDOM = frozenset(
    {
        "Multinomial",
        "ParameterizedTruncatedNormal",
        "RandomGamma",
        "RandomPoissonV2",
        "RandomShuffle",
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "TruncatedNormal",
    }
)
# A fingerprint would be of other bytes.
_NOT_COPIED = {"saved_model.pb", "fingerprint.pb"}


@dataclasses.dataclass(frozen=True)
class Module:
    """A loaded module."""

    loaded: Any
    """The restored object; call it with a batch."""
    takes_training: bool
    """Whether it takes the keyword `training`."""
    variables: dict[str, tf.Variable]
    """Unique name to variable, in the module's order; `dense/kernel` for the saved
    `dense/kernel:0`, and `Variable_1` for the second `Variable:0`."""
    trainable: frozenset[str]
    """Names of the variables that the module says may be trained."""
    regularization_losses: tuple[Callable[[], Any], ...]
    """Functions that compute one loss each, `()`."""
    inputs: Any
    """Specs of the first argument in the module's own structure; None if it accepts any."""
    outputs: Mapping[str, tf.TensorSpec]
    """Key (of a mapping), position as text (of a sequence) or `WHOLE` to spec."""


def load(folder: pathlib.Path, handle: str, seed: int) -> Module:
    """Load a module.

    Args:
        folder: Holds `saved_model.pb`.
        handle: What the user called it, for messages.
        seed: Of random operations that were saved without one, such as those of dropout; above 0.

    Raises:
        ValueError: If it is damaged, of the TF1 Hub format, or cannot be called.
    """
    if (folder / "tfhub_module.pb").is_file():
        raise ValueError(
            f"The module {handle!r} has the TF1 Hub format, which Keras 3 cannot train or call. "
            "Expected a TF2 SavedModel; publishers offer one as a later version or under the "
            "framework tensorFlow2. Change `handle`."
        )
    # Registers the operations of text modules (SentencePiece, WordPiece).
    importlib.import_module("tensorflow_text")
    try:
        loaded = _load(folder, seed)
    # A missing file, an operation that is not known here, a broken protocol buffer: the loader
    # has an error class for each.
    except Exception as error:
        raise ValueError(
            f"Cannot load the module {handle!r} from {folder}: a file is missing or damaged, or "
            "it needs operations that are not installed. The reason given: "
            f"{type(error).__name__}: {error}"
        ) from error
    functions = getattr(loaded.__call__, "concrete_functions", None) if callable(loaded) else None
    if not functions:
        raise ValueError(
            f"The module {handle!r} cannot be called: expected a SavedModel whose object is "
            "callable with a batch. Received one with the signatures "
            f"{sorted(getattr(loaded, 'signatures', []))} only. Save it with "
            "`tf.saved_model.save` from an object with a `__call__` that is a `tf.function`."
        )
    positional, named = functions[0].structured_input_signature
    if not positional:
        raise ValueError(
            f"The module {handle!r} cannot be called with a batch: expected a `__call__` whose "
            f"first argument is the batch. Received one that takes the keywords {sorted(named)} "
            "only. Save it again with a positional argument, or change `handle`."
        )
    arguments = inspect.getfullargspec(loaded.__call__)
    variables = _variables(loaded)
    return Module(
        loaded,
        takes_training="training" in [*arguments.args, *arguments.kwonlyargs],
        variables=variables,
        trainable=_trainable(loaded, variables),
        regularization_losses=tuple(getattr(loaded, "regularization_losses", ())),
        inputs=positional[0],
        outputs=keyed(functions[0].structured_outputs),
    )


def keyed(outputs: Any) -> dict[str, Any]:
    """What a module returns, by name; see `Module.outputs`."""
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if isinstance(outputs, list | tuple):
        return {str(index): output for index, output in enumerate(outputs)}
    return {WHOLE: outputs}


def _load(folder: pathlib.Path, seed: int) -> Any:
    copy = _seeded_copy(folder, seed)
    if copy is None:
        return tf.saved_model.load(str(folder))
    loaded = tf.saved_model.load(copy.name)
    # An export copies assets from where they were read, so the copy stays as long as the module.
    # Left to itself, it would go away with a ResourceWarning.
    weakref.finalize(loaded, copy.cleanup)
    return loaded


def _seeded_copy(folder: pathlib.Path, seed: int) -> tempfile.TemporaryDirectory[str] | None:
    """The module with seeds in its unseeded random operations; None if it has no such ones.

    TensorFlow seeds operations when a graph is made. In a saved one they would draw a new seed in
    each process, whatever `tf.random.set_seed` says.
    """
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    unseeded = [node for node in _nodes(saved) if _is_unseeded(node)]
    if not unseeded:
        return None
    for index, node in enumerate(unseeded):
        node.attr["seed"].i, node.attr["seed2"].i = seed, index
    copy = tempfile.TemporaryDirectory(prefix="module-")
    for path in folder.absolute().iterdir():
        if path.name not in _NOT_COPIED:
            pathlib.Path(copy.name, path.name).symlink_to(path)
    pathlib.Path(copy.name, "saved_model.pb").write_bytes(saved.SerializeToString())
    return copy


def _nodes(saved: Any) -> Iterator[Any]:
    """The nodes of all functions of a SavedModel."""
    for graph in saved.meta_graphs:
        for function in graph.graph_def.library.function:
            yield from function.node_def


def _is_unseeded(node: Any) -> bool:
    return node.op in _RANDOM and not node.attr["seed"].i and not node.attr["seed2"].i


def _variables(loaded: Any) -> dict[str, tf.Variable]:
    listed = getattr(loaded, "variables", None)
    if listed is None:
        parts = tf.train.TrackableView(loaded).descendants()
        listed = [part for part in parts if isinstance(part, tf.Variable)]
    named: dict[str, tf.Variable] = {}
    for variable in {id(variable): variable for variable in listed}.values():
        name = stem = variable.name.split(":")[0]
        repeated = 0
        while name in named:
            repeated += 1
            name = f"{stem}_{repeated}"
        named[name] = variable
    return named


def _trainable(loaded: Any, variables: Mapping[str, tf.Variable]) -> frozenset[str]:
    if hasattr(loaded, "trainable_variables"):
        chosen = {id(variable) for variable in loaded.trainable_variables}
    elif hasattr(loaded, "variables"):
        chosen = set()  # The interface says: what is not listed is not to be trained.
    else:
        chosen = {id(variable) for variable in variables.values() if variable.trainable}
    return frozenset(name for name, variable in variables.items() if id(variable) in chosen)
