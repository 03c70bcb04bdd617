"""A SavedModel's graph in a TensorFlow session: arrays in by tensor name, arrays out.

A version-1 session, as in TensorFlow Serving itself: the same graph pruning,
the same error texts, a deadline per call, and no Python object left of the
model that was exported. Run through `TF_SessionRun_wrapper`, because
`Session.run` would convert a wrong dtype in silence and has no thread-safe
options; it is private, which the pinned TensorFlow version and the tests of
this module make bearable.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.framework import ops
from tensorflow.python.saved_model import loader_impl

from serving import errors
from serving.execution import text_operations

text_operations.register()
# Canonical names by number.
_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

SignatureDefs = Mapping[str, meta_graph_pb2.SignatureDef]


@dataclasses.dataclass(frozen=True)
class SessionSettings:
    """Which graph of a SavedModel runs, and on what."""

    tags: tuple[str, ...] = ("serve",)
    """All the tags of the graph to load, in any order."""
    config: tf.compat.v1.ConfigProto | None = None
    """Threads, devices and memory; None leaves them to TensorFlow."""
    num_tflite_interpreters: int | None = None
    """Requests that a version's `model.tflite` works on at a time, at least 1; None: such files
    do not count."""


class Session(Protocol):
    """Something that runs a graph; called from many threads at once."""

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors.

        Args:
            feeds: Arrays by tensor name, such as `x:0`; strings are object arrays of bytes.
            fetches: Names of the tensors to compute; nothing else is executed.
            timeout: Seconds; None waits as long as it takes.

        Returns:
            One array per fetch.

        Raises:
            ServingError: With TensorFlow's code and text.
        """

    def close(self) -> None:
        """Free the memory; nobody calls `run` any more."""


_DEFAULTS = SessionSettings()


class TensorFlowSession:
    """The graph of one SavedModel; see `Session`.

    Args:
        path: Folder with `saved_model.pb`.
        settings: Which graph, and on what.

    Raises:
        ServingError: If the model cannot be loaded, with TensorFlow's reason.
    """

    def __init__(self, path: pathlib.Path, settings: SessionSettings = _DEFAULTS):
        with _tensorflow_errors():
            self._session, self.signature_defs = _load(path, settings)
        self._outputs: dict[str, object] = {}

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors; see `Session.run`."""
        with _tensorflow_errors(), _run_options(timeout) as options:
            values = pywrap_tf_session.TF_SessionRun_wrapper(
                self._session._session,
                options,
                {self._output(name): array for name, array in feeds.items()},
                [self._output(name) for name in fetches],
                [],
                None,
            )
        # A single string comes as bytes, of which NumPy's own type would lose zeros at the end.
        return [np.asarray(value, object if isinstance(value, bytes) else None) for value in values]

    def close(self) -> None:
        """Free the session, its variables and its graph."""
        self._outputs.clear()
        self._session.close()
        # A graph and its operations refer to each other in ways that Python frees late, if ever.
        ops.dismantle_graph(self._session.graph)

    def _output(self, name: str) -> object:
        """The handle of a tensor; looking one up takes longer than a small model's run."""
        if name not in self._outputs:
            self._outputs[name] = self._session.graph.get_tensor_by_name(name)._as_tf_output()
        return self._outputs[name]


def _load(
    path: pathlib.Path, settings: SessionSettings
) -> tuple[tf.compat.v1.Session, SignatureDefs]:
    loader = loader_impl.SavedModelLoader(str(path))
    _require_tags(loader, settings.tags)
    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph, config=settings.config)
        try:
            # Step by step, because `load` would read the whole file a second time.
            saver, _ = loader.load_graph(graph, settings.tags)
            loader.restore_variables(session, saver)
            loader.run_init_ops(session, settings.tags)
        except BaseException:
            session.close()
            raise
    # A model without variables has run nothing yet, so its graph never reached the session.
    session._extend_graph()
    graph.finalize()
    return session, dict(loader.get_meta_graph_def_from_tags(settings.tags).signature_def)


def _require_tags(loader: loader_impl.SavedModelLoader, tags: Sequence[str]) -> None:
    graphs = loader.saved_model.meta_graphs
    if not any(set(graph.meta_info_def.tags) == set(tags) for graph in graphs):
        # The words of TensorFlow's C++ loader, `cc/saved_model/reader.cc`.
        raise errors.not_found(
            f"Could not find meta graph def matching supplied tags: {{ {' '.join(tags)} }}. "
            "To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: "
            "`saved_model_cli`"
        )


@contextlib.contextmanager
def _run_options(timeout: float | None) -> Iterator[object]:
    if timeout is None:
        yield None
        return
    # Zero would mean no limit at all.
    milliseconds = max(1, int(timeout * 1000))
    options = pywrap_tf_session.TF_NewBufferFromString(
        tf.compat.v1.RunOptions(timeout_in_ms=milliseconds).SerializeToString()
    )
    try:
        yield options
    finally:
        pywrap_tf_session.TF_DeleteBuffer(options)


@contextlib.contextmanager
def _tensorflow_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.OpError as error:
        raise errors.ServingError(_CODES[error.error_code], error.message) from error
    except KeyError as error:  # A signature that names a tensor the graph does not have.
        raise errors.ServingError("NOT_FOUND", str(error.args[0])) from error
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise errors.ServingError("INVALID_ARGUMENT", str(error)) from error
