"""One SavedModel in a TensorFlow session, answering by signature.

A version-1 session, as in TensorFlow Serving itself: the same graph pruning,
the same error texts, a deadline per call, and no Python object left of the
model that was exported. Run through `TF_SessionRun_wrapper`, because
`Session.run` would convert a wrong dtype in silence and has no thread-safe
options; it is private, which the pinned TensorFlow version and the tests of
this module make bearable.

Sources of the texts: TensorFlow Serving,
`servables/tensorflow/predict_util.cc`, and TensorFlow,
`cc/saved_model/util.cc`.
"""

import contextlib
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.saved_model import loader_impl
from tensorflow_serving.apis import get_model_metadata_pb2

from serving import errors, text_operations
from serving.model import DEFAULT_SIGNATURE, Signature, TensorSpec

_SERVING_TAG = "serve"
text_operations.register()
# Canonical names by number.
_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


class SavedModelPredictor:
    """A loaded version; see `serving.model.Predictor`.

    Args:
        path: Folder with `saved_model.pb`.
        version: Number the protocols report.

    Raises:
        ServingError: If the model cannot be loaded, with TensorFlow's reason.
    """

    def __init__(self, path: pathlib.Path, version: int = 0):
        self.version = version
        with _tensorflow_errors():
            self._session, self._signature_defs = _load(path)
        self.signatures = {name: _signature(d) for name, d in self._signature_defs.items()}
        self.metadata_json = _metadata_json(self._signature_defs)

    def predict(
        self,
        signature_name: str,
        inputs: Mapping[str, np.ndarray],
        output_filter: Sequence[str] = (),
        timeout: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Run one signature; see `serving.model.Predictor.predict`."""
        name = signature_name or DEFAULT_SIGNATURE
        if name not in self._signature_defs:
            raise errors.ServingError(
                "FAILED_PRECONDITION", f'Serving signature key "{name}" not found.'
            )
        signature = self._signature_defs[name]
        feeds = {
            self._output(signature.inputs[alias].name): array
            for alias, array in _complete(signature, inputs).items()
        }
        aliases = _select(signature, output_filter)
        fetches = [self._output(signature.outputs[alias].name) for alias in aliases]
        with _tensorflow_errors(), _run_options(timeout) as options:
            values = pywrap_tf_session.TF_SessionRun_wrapper(
                self._session._session, options, feeds, fetches, [], None
            )
        return dict(zip(aliases, map(np.asarray, values), strict=True))

    def close(self) -> None:
        """Free the session and its variables."""
        self._session.close()

    def _output(self, name: str):
        with _tensorflow_errors():
            return self._session.graph.get_tensor_by_name(name)._as_tf_output()


def _load(
    path: pathlib.Path,
) -> tuple[tf.compat.v1.Session, dict[str, meta_graph_pb2.SignatureDef]]:
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


def _signature(definition: meta_graph_pb2.SignatureDef) -> Signature:
    return Signature(
        {alias: _spec(info) for alias, info in definition.inputs.items()},
        {alias: _spec(info) for alias, info in definition.outputs.items()},
    )


def _spec(info: meta_graph_pb2.TensorInfo) -> TensorSpec:
    # DT_FLOAT -> float; DT_INVALID, the output of an operation without outputs, -> invalid.
    dtype = meta_graph_pb2.TensorInfo.DESCRIPTOR.fields_by_name["dtype"].enum_type
    name = dtype.values_by_number[info.dtype].name.removeprefix("DT_").lower()
    shape = info.tensor_shape
    return TensorSpec(name, None if shape.unknown_rank else tuple(d.size for d in shape.dim))


def _metadata_json(definitions: Mapping[str, meta_graph_pb2.SignatureDef]) -> str:
    message = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in definitions.items():
        message.signature_def[name].CopyFrom(definition)
    return json_format.MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        indent=1,
    )


def _complete(
    signature: meta_graph_pb2.SignatureDef, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Check the aliases and fill in the signature's defaults."""
    sent, known, defaults = set(inputs), set(signature.inputs), signature.defaults
    if len(sent) > len(known) or (len(sent) < len(known) and not defaults):
        raise errors.invalid_argument(
            f"input size does not match signature: {len(sent)}!={len(known)} "
            f"len({_show(sent)}) != len({_show(known)}). Sent extra: {_show(sent - known)}. "
            f"Missing but required: {_show(known - sent)}."
        )
    complete = {}
    for alias, info in signature.inputs.items():
        if alias in inputs:
            complete[alias] = inputs[alias]
        elif alias in defaults:
            complete[alias] = tf.make_ndarray(defaults[alias])
        else:
            raise errors.invalid_argument(
                f"Signature input alias: {alias}(feed name: {info.name}) not found in request "
                "and no default value provided. Inputs expected to be in the request "
                f"{_show(sent)}, or default input alias set: {','.join(sorted(defaults))}"
            )
    if not sent <= known:
        raise errors.invalid_argument(
            "Inputs contains invalid name. Used request inputs: "
            f"{','.join(sorted(sent & known))}, request input: {','.join(sorted(sent))}"
        )
    return complete


def _select(signature: meta_graph_pb2.SignatureDef, output_filter: Sequence[str]) -> list[str]:
    for index, alias in enumerate(output_filter):
        if alias not in signature.outputs:
            raise errors.invalid_argument(
                f"output tensor alias not found in signature: {alias} Outputs expected to be "
                f"in the set {_show(set(signature.outputs))}."
            )
        if alias in output_filter[:index]:
            raise errors.invalid_argument(f"duplicate output tensor alias: {alias}")
    return list(output_filter) or sorted(signature.outputs)


def _show(names: set[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"


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
