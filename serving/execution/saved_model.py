"""One SavedModel, answering by signature.

Sources of the texts: TensorFlow Serving,
`servables/tensorflow/predict_util.cc`, and TensorFlow,
`cc/saved_model/util.cc`.
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from google.protobuf import json_format, text_format
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import get_model_metadata_pb2

from serving import errors
from serving.execution import tensor_proto, tflite_session
from serving.execution.session import Session, SessionSettings, TensorFlowSession
from serving.execution.tflite_session import TfLiteSession
from serving.model import DEFAULT_SIGNATURE, Signature, TensorSpec

_DEFAULTS = SessionSettings()


def _unchanged(session: Session) -> Session:
    return session


class SavedModelPredictor:
    """A loaded version; see `serving.model.Predictor`.

    Args:
        path: Folder with `saved_model.pb`, or `model.tflite` where the settings prefer it.
        version: Number the protocols report.
        wrap: Puts something, such as batching, around the session.
        settings: Which graph of the SavedModel, and on what it runs.

    Raises:
        ServingError: If the model cannot be loaded, with TensorFlow's reason.
    """

    def __init__(
        self,
        path: pathlib.Path,
        version: int = 0,
        wrap: Callable[[Session], Session] = _unchanged,
        settings: SessionSettings = _DEFAULTS,
    ):
        self.version = version
        self.folder = path
        loaded = _load(path, settings)
        self._signature_defs = loaded.signature_defs
        try:
            self._session = wrap(loaded)
        except BaseException:
            loaded.close()
            raise
        self.signatures: Mapping[str, Signature] = {
            name: _signature(d) for name, d in self._signature_defs.items()
        }
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
            signature.inputs[alias].name: array
            for alias, array in _complete(signature, inputs).items()
        }
        aliases = _select(signature, output_filter)
        fetches = [signature.outputs[alias].name for alias in aliases]
        return dict(zip(aliases, self.run(feeds, fetches, timeout), strict=True))

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors by name; see `serving.execution.session.Session.run`."""
        return self._session.run(feeds, fetches, timeout)

    def close(self) -> None:
        """Free the session and its variables."""
        self._session.close()


def _load(path: pathlib.Path, settings: SessionSettings) -> TensorFlowSession | TfLiteSession:
    interpreters = settings.num_tflite_interpreters
    if interpreters and (path / tflite_session.FILE).is_file():
        return TfLiteSession(path, interpreters)
    return TensorFlowSession(path, settings)


def _signature(definition: meta_graph_pb2.SignatureDef) -> Signature:
    return Signature(
        {alias: _spec(info) for alias, info in definition.inputs.items()},
        {alias: _spec(info) for alias, info in definition.outputs.items()},
        definition.method_name,
        text_format.MessageToString(definition),
    )


def _spec(info: meta_graph_pb2.TensorInfo) -> TensorSpec:
    # DT_FLOAT -> float; DT_INVALID, the output of an operation without outputs, -> invalid.
    dtype = meta_graph_pb2.TensorInfo.DESCRIPTOR.fields_by_name["dtype"].enum_type
    name = dtype.values_by_number[info.dtype].name.removeprefix("DT_").lower()
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
    return TensorSpec(name, sizes, info.name)


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
            complete[alias] = tensor_proto.read(defaults[alias])
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
