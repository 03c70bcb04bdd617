"""Does an export need more than a released TensorFlow Serving has?

Compared are the operations of the graph and of all its functions, their
attributes and data types, and the GraphDef versions, with the tables of
`serving.bundle.releases`. What cannot be known without the image: whether an
operation that both have gives the same numbers, which kernels the GPU image
has, and what a server that somebody built themselves has. Those show when it
loads the model: its warm-up records are real requests.
"""

import pathlib
from collections.abc import Iterator, Sequence

import tensorflow as tf
from google.protobuf import message
from tensorflow.core.framework import graph_pb2, node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

from serving.bundle.releases import COMPARED_WITH, RELEASES, Release
from serving.execution import text_operations

_SERVING_TAG = "serve"
_PYTHON_ONLY = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
# Linked into the released binaries beside TensorFlow Text, and not into TensorFlow.
_DECISION_FORESTS = "SimpleML"
_MUST_COMPILE = "_XlaMustCompile"
text_operations.register()


def check(saved_model_dir: pathlib.Path, target: str = "2.19") -> list[str]:
    """Say what keeps a released TensorFlow Serving from loading an export.

    Args:
        saved_model_dir: Folder with `saved_model.pb`.
        target: Release, a key of `serving.bundle.releases.RELEASES`.

    Returns:
        Problems in words; nothing if none is known.

    Raises:
        ValueError: If the target is unknown, the folder holds no model, or the tables were made
            for another TensorFlow than the one that runs.
    """
    if target not in RELEASES:
        raise ValueError(
            f"Nothing is known of TensorFlow Serving {target}. Known releases: "
            f"{', '.join(RELEASES)}."
        )
    if not tf.__version__.startswith(COMPARED_WITH):
        raise ValueError(
            f"The tables of serving/bundle/releases.py start from TensorFlow {COMPARED_WITH}x, but "
            f"{tf.__version__} runs. Compare the operation lists again."
        )
    graph = _read(saved_model_dir)
    release = RELEASES[target]
    where = f"TensorFlow Serving {release.tag}"
    own = {function.signature.name for function in graph.library.function}
    nodes = (node for node in _nodes(graph) if node.op not in own)
    found = {problem: None for node in nodes for problem in _node_problems(node, release)}
    return [f"{where} {problem}." for problem in [*_version_problems(graph, release), *found]]


def oldest_release(saved_model_dirs: Sequence[pathlib.Path]) -> str | None:
    """The oldest release that can load all of some exports, as far as is known.

    Args:
        saved_model_dirs: Folders with `saved_model.pb`.

    Returns:
        A key of `RELEASES`; None if none of them can.
    """
    fitting = (
        target for target in RELEASES if not any(check(path, target) for path in saved_model_dirs)
    )
    return next(fitting, None)


def remarks(saved_model_dir: pathlib.Path) -> list[str]:
    """What somebody who serves an export with TensorFlow Serving should know.

    Args:
        saved_model_dir: Folder with `saved_model.pb`.

    Returns:
        One sentence if some known release cannot load it; otherwise nothing.
    """
    problems = {target: check(saved_model_dir, target) for target in RELEASES}
    oldest = next((target for target, found in problems.items() if not found), None)
    if oldest == next(iter(RELEASES)):
        return []
    first = next(iter(problems.values()))[0]
    if oldest is None:
        return [f"no known TensorFlow Serving can load it: {first}"]
    return [f"needs TensorFlow Serving {oldest} or newer"]


def _read(saved_model_dir: pathlib.Path) -> graph_pb2.GraphDef:
    path = saved_model_dir / "saved_model.pb"
    if not path.is_file():
        raise ValueError(f"There is no SavedModel in {saved_model_dir}: saved_model.pb is missing.")
    try:
        saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except message.DecodeError as error:
        raise ValueError(f"{path} cannot be read: {error}. Push the model again.") from error
    for meta_graph in saved.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == {_SERVING_TAG}:
            return meta_graph.graph_def
    raise ValueError(f"{path} has no graph with the tag {_SERVING_TAG!r}, the one servers load.")


def _nodes(graph: graph_pb2.GraphDef) -> Iterator[node_def_pb2.NodeDef]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _version_problems(graph: graph_pb2.GraphDef, release: Release) -> Iterator[str]:
    newest = release.graph_version
    if graph.versions.min_consumer > newest:
        yield (
            f"reads GraphDef versions up to {newest}; the export demands at least "
            f"{graph.versions.min_consumer}"
        )
    if newest in graph.versions.bad_consumers:
        yield f"reads GraphDef version {newest}, which the export excludes"


def _node_problems(node: node_def_pb2.NodeDef, release: Release) -> Iterator[str]:
    if node.op in _PYTHON_ONLY:
        yield f"cannot run {node.op}: it calls Python, which is not there"
    elif node.op in release.missing:
        yield f"lacks the operation {node.op}{_where_from(node.op, release)}"
    elif not _is_known(node.op):
        yield f"is not known to have the operation {node.op}"
    for name in sorted(release.newer_attributes.get(node.op, frozenset()) & set(node.attr)):
        yield f"does not know the attribute {name} of the operation {node.op}"
    for (operation, attribute), types in release.newer_types.items():
        if node.op == operation and node.attr[attribute].type in types:
            dtype = tf.dtypes.as_dtype(node.attr[attribute].type).name
            yield f"has no {dtype} for {attribute} of the operation {operation}"
    if node.attr[_MUST_COMPILE].b:
        yield "compiles jit_compile functions only with --xla_cpu_compilation_enabled"


def _where_from(operation: str, release: Release) -> str:
    return f" (it has TensorFlow Text {release.text})" if operation.startswith("TFText>") else ""


def _is_known(operation: str) -> bool:
    return operation.startswith(_DECISION_FORESTS) or op_def_registry.get(operation) is not None
