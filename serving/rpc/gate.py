"""What every remote procedure passes on its way: token, limit of concurrency, access log."""

import time
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from serving import errors
from serving.frontend.edge import Edge

_GRPC = "GRPC"
_HEALTH = "/grpc.health.v1.Health/"


class Gate(grpc.ServerInterceptor):
    """Lets requests through, or ends them before a model is asked.

    Args:
        edge: What both protocols share.
    """

    def __init__(self, edge: Edge):
        self._edge = edge

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Wrap the handler of one call; see `grpc.ServerInterceptor`."""
        handler = continuation(handler_call_details)
        path = handler_call_details.method
        # Health is open and not logged, as over HTTP, and has methods that stream.
        if handler is None or path.startswith(_HEALTH):
            return handler
        authorization = _find(handler_call_details.invocation_metadata, "authorization")
        call = _Call(self._edge, handler, path, authorization)
        return grpc.unary_unary_rpc_method_handler(call.answer, call.read, call.write)


class _Call:
    """One request: read, answered and written, in this order."""

    def __init__(self, edge: Edge, handler: grpc.RpcMethodHandler, path: str, authorization: bytes):
        self._edge = edge
        self._handler = handler
        self._path = path
        self._authorization = authorization
        self._start = time.perf_counter()
        self._refusal: errors.ServingError | None = None
        self._request_bytes = 0
        self._model = self._client = ""

    def read(self, request: bytes) -> Any:
        """The message; of those who may not ask, or whose bytes are none, the bytes."""
        self._request_bytes = len(request)
        # Here is no context yet to tell a refusal to.
        try:
            self._edge.admission.check_token(self._authorization, _GRPC)
            return self._handler.request_deserializer(request)
        except errors.ServingError as error:
            self._refusal = error
        except DecodeError:
            # The code of TensorFlow Serving's gRPC, whose text is empty.
            self._refusal = errors.ServingError(
                "INTERNAL", f"The bytes of the request are no message for {self._path}"
            )
        return request

    def answer(self, message: Any, context: grpc.ServicerContext) -> Any:
        """The answer, as a message."""
        self._model, self._client = _model_name(message), context.peer()
        try:
            if self._refusal is not None:
                raise self._refusal
            with self._edge.admission.request(_GRPC):
                return self._handler.unary_unary(message, context)
        except errors.ServingError as error:
            self._log(error.code)
            return context.abort(grpc.StatusCode[error.code], error.text)
        except Exception:  # Most of all what `context.abort` raises.
            code = context.code()
            self._log(code.name if code is not None else "UNKNOWN")
            raise

    def write(self, answer: Any) -> bytes:
        """The answer, as bytes."""
        response = self._handler.response_serializer(answer)
        self._log("OK", len(response))
        return response

    def _log(self, status: str, response_bytes: int = 0) -> None:
        if self._edge.access_log is None:
            return
        self._edge.access_log.add(
            protocol=_GRPC,
            method=self._path.rpartition("/")[2],
            path=self._path,
            status=status,
            seconds=time.perf_counter() - self._start,
            request_bytes=self._request_bytes,
            response_bytes=response_bytes,
            model=self._model,
            client=self._client,
        )


def _find(metadata: Any, name: str) -> bytes:
    value = next((value for key, value in metadata or () if key == name), b"")
    return value.encode() if isinstance(value, str) else value


def _model_name(message: Any) -> str:
    """Of a request of any of the services; MultiInference has one per task."""
    if hasattr(message, "tasks"):
        message = message.tasks[0] if message.tasks else None
    spec = getattr(message, "model_spec", None)
    return spec.name if spec is not None else ""
