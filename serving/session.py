"""A SavedModel's graph in a TensorFlow session: arrays in by tensor name, arrays out.

A version-1 session, as in TensorFlow Serving itself: the same graph pruning,
the same error texts, a deadline per call, and no Python object left of the
model that was exported. Run through `TF_SessionRun_wrapper`, because
`Session.run` would convert a wrong dtype in silence and has no thread-safe
options; it is private, which the pinned TensorFlow version and the tests of
this module make bearable.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.saved_model import loader_impl

from serving import errors, text_operations

_SERVING_TAG = "serve"
text_operations.register()
# Canonical names by number.
_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

SignatureDefs = Mapping[str, meta_graph_pb2.SignatureDef]


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


class TensorFlowSession:
    """The graph of one SavedModel; see `Session`.

    Args:
        path: Folder with `saved_model.pb`.

    Raises:
        ServingError: If the model cannot be loaded, with TensorFlow's reason.
    """

    def __init__(self, path: pathlib.Path):
        with _tensorflow_errors():
            self._session, self.signature_defs = _load(path)

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
        return [np.asarray(value) for value in values]

    def close(self) -> None:
        """Free the session and its variables."""
        self._session.close()

    def _output(self, name: str):
        return self._session.graph.get_tensor_by_name(name)._as_tf_output()


def _load(
    path: pathlib.Path,
) -> tuple[tf.compat.v1.Session, SignatureDefs]:
    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph)
        try:
            meta_graph = loader_impl.SavedModelLoader(str(path)).load(session, [_SERVING_TAG])
        except BaseException:
            session.close()
            raise
    # A model without variables has run nothing yet, so its graph never reached the session.
    session._extend_graph()
    graph.finalize()
    return session, dict(meta_graph.signature_def)


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
