"""The calls over gRPC, without the generated modules, which would import TensorFlow."""

import functools
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import numpy as np
from google.protobuf.message import DecodeError

from serving.client import messages, signature, tensor_protos
from serving.client.address import Address, Tls
from serving.client.calls import Classes, Examples, Question
from serving.client.errors import CODES, ClientError
from serving.client.retries import Deadline
from serving.client.signature import Signature
from serving.model import ModelSpec, VersionStatus

_UNLIMITED = -1
OPTIONS = (
    # Otherwise an answer of more than 4 MB is refused by the client.
    ("grpc.max_receive_message_length", _UNLIMITED),
    ("grpc.max_send_message_length", _UNLIMITED),
    # When to connect again is for `Retries` to say; a channel would not before a second is over.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # Two clients of one address have a connection each.
    ("grpc.use_local_subchannel_pool", 1),
)
"""Of every channel."""

_PREDICTION = "/tensorflow.serving.PredictionService"
_MODEL = "/tensorflow.serving.ModelService"
_METHODS = {
    "Predict": (_PREDICTION, messages.PredictResponse),
    "Classify": (_PREDICTION, messages.ClassificationResponse),
    "Regress": (_PREDICTION, messages.RegressionResponse),
    "GetModelMetadata": (_PREDICTION, messages.GetModelMetadataResponse),
    "GetModelStatus": (_MODEL, messages.GetModelStatusResponse),
}
# `ModelVersionStatus.State` of `apis/get_model_status.proto`.
_STATES = {10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}
# gRPC's own words where no server answered; a server's UNAVAILABLE has other ones.
_UNREACHED = ("failed to connect", "Connection refused", "Connection reset", "Socket closed")
# A server may name the milliseconds after which it wants to be asked again.
_PUSHBACK = "grpc-retry-pushback-ms"


class GrpcTransport:
    """See `serving.client.calls.Transport`.

    Args:
        address: Who is asked, for errors.
        open_channel: Opens a channel there, as from `opener`; called with the first request:
            asyncio's channels belong to the event loop in which they are opened.
        wait: Makes an awaitable of what the channel's calls and its `close` return.
        sleep: How to wait.
        token: Sent as `authorization: Bearer`; None sends nothing.
        gzip_above: Bytes of a message from which on it is compressed; None never does.
    """

    def __init__(
        self,
        address: str,
        open_channel: Callable[[], Any],
        wait: Callable[[Any], Awaitable[Any]],
        sleep: Callable[[float], Awaitable[None]],
        token: str | None,
        gzip_above: int | None,
    ):
        self.address = address
        self.sleep = sleep
        self._open_channel = open_channel
        self._channel: Any = None
        self._calls: dict[str, Any] = {}
        self._opening = threading.Lock()
        self._wait = wait
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self._gzip_above = gzip_above

    async def signatures(self, spec: ModelSpec, deadline: Deadline) -> dict[str, Signature]:
        """What a model takes and gives, by the name of the signature."""
        request = messages.GetModelMetadataRequest(
            model_spec=_model_spec(spec), metadata_field=["signature_def"]
        )
        response = await self._ask("GetModelMetadata", request, deadline)
        packed = response.metadata["signature_def"].value
        known = self._read(messages.SignatureDefMap, packed)
        return signature.from_messages(known.signature_def)

    async def status(
        self, name: str, version: int | None, deadline: Deadline
    ) -> list[VersionStatus]:
        """States of a model's versions, newest first."""
        request = messages.GetModelStatusRequest(model_spec=_model_spec(ModelSpec(name, version)))
        response = await self._ask("GetModelStatus", request, deadline)
        known = [
            VersionStatus(
                status.version,
                _STATES.get(status.state, "UNKNOWN"),
                _code(status.status.error_code),
                status.status.error_message,
            )
            for status in response.model_version_status
        ]
        return sorted(known, key=lambda status: -status.version)

    async def predict(self, question: Question, deadline: Deadline) -> dict[str, np.ndarray]:
        """Outputs by name; strings as object arrays of bytes."""
        request = messages.PredictRequest(
            model_spec=_model_spec(question.spec, question.signature_name),
            output_filter=question.outputs,
        )
        for name, array in question.inputs.items():
            dtype = question.signature.inputs[name].dtype
            request.inputs[name].CopyFrom(tensor_protos.encode(array, dtype))
        response = await self._ask("Predict", request, deadline)
        return {name: tensor_protos.decode(value) for name, value in response.outputs.items()}

    async def classify(self, examples: Examples, deadline: Deadline) -> Classes:
        """Labels and scores of each example."""
        request = _examples_request(messages.ClassificationRequest, examples)
        response = await self._ask("Classify", request, deadline)
        return [
            [(label.label, label.score) for label in classes.classes]
            for classes in response.result.classifications
        ]

    async def regress(self, examples: Examples, deadline: Deadline) -> np.ndarray:
        """A float32 number for each example."""
        request = _examples_request(messages.RegressionRequest, examples)
        response = await self._ask("Regress", request, deadline)
        return np.array([value.value for value in response.result.regressions], np.float32)

    async def close(self) -> None:
        """Close the connections."""
        if self._channel is not None:
            await self._wait(self._channel.close)

    async def _ask(self, method: str, request: Any, deadline: Deadline) -> Any:
        content = request.SerializeToString()
        compression = None
        if self._gzip_above is not None and len(content) > self._gzip_above:
            compression = grpc.Compression.Gzip
        left = deadline.left()
        call = self._call(method)
        try:
            answer = await self._wait(
                lambda: call(
                    content, timeout=left, metadata=self._metadata, compression=compression
                )
            )
        except grpc.RpcError as error:
            raise _client_error(error, self.address, deadline) from error
        return self._read(_METHODS[method][1], answer)

    def _read(self, message_class: Any, content: bytes) -> Any:
        try:
            return message_class.FromString(content)
        except DecodeError as error:
            text = f"{self.address} is not a model server: it answered another kind of message."
            raise ClientError(text) from error

    def _call(self, method: str) -> Callable[..., Any]:
        with self._opening:
            if self._channel is None:
                self._channel = self._open_channel()
                for name, (service, _) in _METHODS.items():
                    # Of bytes: gRPC would log what cannot be read, and with asyncio return None.
                    self._calls[name] = self._channel.unary_unary(f"{service}/{name}")
        return self._calls[method]


def opener(library: Any, where: Address, tls: Tls) -> Callable[[], Any]:
    """What opens a channel.

    Args:
        library: The module `grpc` or `grpc.aio`.
        where: The server.
        tls: Certificates, if the address is encrypted.

    Raises:
        OSError: If a certificate cannot be read.
    """
    if not where.is_secure:
        return functools.partial(library.insecure_channel, where.target, OPTIONS)
    files = (tls.ca, tls.key, tls.certificate)
    proof = grpc.ssl_channel_credentials(*(None if f is None else f.read_bytes() for f in files))
    return functools.partial(library.secure_channel, where.target, proof, OPTIONS)


def _code(number: int) -> str:
    return CODES[number] if 0 <= number < len(CODES) else "UNKNOWN"


def _model_spec(spec: ModelSpec, signature_name: str = "") -> Any:
    message = messages.ModelSpec(name=spec.name, signature_name=signature_name)
    if spec.version is not None:
        message.version.value = spec.version
    if spec.label is not None:
        message.version_label = spec.label
    return message


def _examples_request(request_class: Any, examples: Examples) -> Any:
    request = request_class(model_spec=_model_spec(examples.spec, examples.signature_name))
    listed = request.input.example_list
    if examples.context is not None:
        listed = request.input.example_list_with_context
        _fill_example(listed.context, examples.context)
    for example in examples.examples:
        _fill_example(listed.examples.add(), example)
    return request


def _fill_example(message: Any, example: Any) -> None:
    for name, values in example.items():
        feature = message.features.feature[name]
        if values and isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif values and isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)


def _client_error(error: Any, address: str, deadline: Deadline) -> ClientError:
    code, text = error.code().name, error.details() or ""
    if code == "DEADLINE_EXCEEDED" and not deadline.has(0):
        return deadline.passed()
    if code == "UNAVAILABLE" and any(words in text for words in _UNREACHED):
        text = (
            f"No server answers at {address} ({text}). Start one with `maru serve`, or give the "
            "address of a running one."
        )
    after = dict(error.trailing_metadata() or ()).get(_PUSHBACK)
    return ClientError(
        text or f"{address} answered {code}.",
        code,
        retry_after=float(after) / 1000 if after and after.isdecimal() else None,
        # A message that is too large for the server is so the next time, too.
        is_transient=False if "larger than max" in text else None,
    )
