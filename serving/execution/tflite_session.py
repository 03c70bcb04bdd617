"""A TFLite model behind the same door as a SavedModel's graph; see `execution.session.Session`.

Source of names, signatures and texts: TensorFlow Serving,
`servables/tensorflow/tflite_session.cc`. Differences: the reason that TFLite gives is added to
its texts, and examples are parsed by TensorFlow's own operation only, not by TFLite's custom one.
TFLite has no deadline within a call; the wait for a free interpreter has one.
"""

import contextlib
import pathlib
import queue
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.lite.python import schema_py_generated as schema

from serving import errors
from serving.model import DEFAULT_SIGNATURE

FILE = "model.tflite"
"""Name of the model in a version's folder."""

_SIGNATURES = b"signature_defs_metadata"
_PREDICT = "tensorflow/serving/predict"
_QUIET = threading.Lock()
"""Held while Python's warnings are off, which is so for all threads."""


class TfLiteSession:
    """The model of one `model.tflite`; see `Session`.

    Args:
        path: Folder with `model.tflite`.
        num_interpreters: Requests worked on at a time; each has its own memory for activations.

    Raises:
        ServingError: If the model cannot be loaded, with TFLite's reason.
    """

    def __init__(self, path: pathlib.Path, num_interpreters: int):
        content = (path / FILE).read_bytes()
        first = _interpreter(content)
        self._inputs = {one["name"]: one for one in first.get_input_details()}
        self._outputs = {one["name"]: one for one in first.get_output_details()}
        self.signature_defs = self._read_signatures(content) or self._made_up_signature()
        # An interpreter takes its place when it is first needed.
        self._content = content
        self._free: queue.LifoQueue[tf.lite.Interpreter | None] = queue.LifoQueue()
        for interpreter in [*[None] * (num_interpreters - 1), first]:
            self._free.put(interpreter)

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout: float | None = None,
    ) -> list[np.ndarray]:
        """Compute tensors; see `Session.run`."""
        given = {self._named(name, self._inputs): array for name, array in feeds.items()}
        wanted = [self._named(name, self._outputs) for name in fetches]
        with self._interpreter(timeout) as interpreter:
            self._set(interpreter, given)
            try:
                interpreter.invoke()
            except RuntimeError as error:
                raise _internal("Failed to invoke TfLite interpreter", error) from error
            return [interpreter.get_tensor(self._outputs[name]["index"]) for name in wanted]

    def close(self) -> None:
        """Free the interpreters."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait()

    @contextlib.contextmanager
    def _interpreter(self, timeout: float | None) -> Iterator[tf.lite.Interpreter]:
        try:
            interpreter = self._free.get(timeout=timeout)
        except queue.Empty:
            raise errors.ServingError(
                "DEADLINE_EXCEEDED", "No TFLite interpreter was free in time."
            ) from None
        try:
            interpreter = interpreter or _interpreter(self._content)
            yield interpreter
        finally:
            self._free.put(interpreter)

    def _set(self, interpreter: tf.lite.Interpreter, given: Mapping[str, np.ndarray]) -> None:
        """Give the inputs; memory is laid out anew where a shape differs from the last call's."""
        index_of = {name: self._inputs[name]["index"] for name in given}
        shapes = {one["index"]: tuple(one["shape"]) for one in interpreter.get_input_details()}
        resized = [name for name in given if shapes[index_of[name]] != given[name].shape]
        try:
            for name in resized:
                interpreter.resize_tensor_input(index_of[name], given[name].shape)
            if resized:
                interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise _internal("Failed to allocate tensors", error) from error
        for name, array in given.items():
            try:
                interpreter.set_tensor(index_of[name], array)
            except ValueError as error:
                raise errors.invalid_argument(str(error)) from error

    @staticmethod
    def _named(name: str, tensors: Mapping[str, Any]) -> str:
        """The name as the model has it: early converters cut off what follows the colon."""
        for candidate in (name, name.partition(":")[0]):
            if candidate in tensors:
                return candidate
        raise errors.ServingError("INTERNAL", f"Unknown tensor '{name}'.")

    def _read_signatures(self, content: bytes) -> dict[str, meta_graph_pb2.SignatureDef]:
        """Those that the model's metadata hold, their tensors named as the model names them."""
        signatures = _signatures(content)
        for signature in signatures.values():
            for kind, infos, tensors in (
                ("input", signature.inputs, self._inputs),
                ("output", signature.outputs, self._outputs),
            ):
                for alias, info in infos.items():
                    try:
                        info.name = self._named(info.name, tensors)
                    except errors.ServingError as error:
                        raise errors.ServingError(
                            error.code,
                            f"{error.text}\n\tSignature {kind} {alias} references an unknown "
                            "tensor",
                        ) from error
        return signatures

    def _made_up_signature(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        signature = meta_graph_pb2.SignatureDef(method_name=_PREDICT)
        for infos, tensors in (
            (signature.inputs, self._inputs),
            (signature.outputs, self._outputs),
        ):
            for name, details in tensors.items():
                infos[name.partition(":")[0]].CopyFrom(_info(details))
        return {DEFAULT_SIGNATURE: signature}


def _interpreter(content: bytes) -> tf.lite.Interpreter:
    try:
        with _QUIET, warnings.catch_warnings():
            # It is deprecated for a package of its own and stays in the locked TensorFlow.
            warnings.simplefilter("ignore")
            interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    except ValueError as error:
        raise errors.invalid_argument(
            f"Cannot build FlatBufferModel from buffer. {error}".strip()
        ) from error
    try:
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise _internal("Cannot build Interpreter from buffer.", error) from error
    return interpreter


def _signatures(content: bytes) -> dict[str, meta_graph_pb2.SignatureDef]:
    """`SignatureDef`s by key from the model's metadata; none if there are none."""
    model = schema.Model.GetRootAsModel(content, 0)
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        if entry.Name() == _SIGNATURES:
            packed = model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
            try:
                kept = flexbuffers.GetRoot(packed).AsMap
                return {
                    key.Value: meta_graph_pb2.SignatureDef.FromString(value.AsStringBytes)
                    for key, value in zip(kept.Keys, kept.Values, strict=True)
                }
            # What flexbuffers raises for bytes that are none of theirs is of many kinds.
            except (DecodeError, ValueError, TypeError, IndexError, KeyError) as error:
                raise errors.invalid_argument(
                    f"Invalid SignatureDefs found in TfLite model: {error}"
                ) from error
    return {}


def _info(details: Mapping[str, Any]) -> meta_graph_pb2.TensorInfo:
    info = meta_graph_pb2.TensorInfo(
        name=details["name"], dtype=tf.as_dtype(details["dtype"]).as_datatype_enum
    )
    info.tensor_shape.SetInParent()
    for size in details["shape"]:
        info.tensor_shape.dim.add(size=int(size))
    return info


def _internal(text: str, error: Exception) -> errors.ServingError:
    return errors.ServingError("INTERNAL", f"{text} {error}".strip())
