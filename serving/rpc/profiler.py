"""TensorFlow's profiler service on the serving port.

TensorFlow's own profiler server does the work in this process; requests to the serving port, and
so through its tokens and limits, are passed on to it as they are. It listens on a port of all
addresses, without a token, so it starts only when a first request asks for it.
"""

import logging
import socket
import threading
from collections.abc import Callable

import grpc

_LOG = logging.getLogger(__name__)
_SERVICE = "tensorflow.ProfilerService"
_METHODS = ("Profile", "Terminate", "Monitor")
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

Handler = Callable[[bytes, grpc.ServicerContext], bytes]


def handler() -> grpc.GenericRpcHandler:
    """The service; a server of gRPC takes it."""
    server = _Server()
    methods = {
        name: grpc.unary_unary_rpc_method_handler(
            _forward(server, f"/{_SERVICE}/{name}"), bytes, bytes
        )
        for name in _METHODS
    }
    return grpc.method_handlers_generic_handler(_SERVICE, methods)


class _Server:
    """TensorFlow's profiler server; it cannot be stopped, and there is one in a process."""

    _lock = threading.Lock()
    _channel: grpc.Channel | None = None

    def channel(self) -> grpc.Channel:
        """To the server, which is started if it does not run yet."""
        import tensorflow as tf

        with _Server._lock:
            if _Server._channel is None:
                port = _free_port()
                tf.profiler.experimental.server.start(port)
                _LOG.warning("Started TensorFlow's profiler server on port %d.", port)
                _Server._channel = grpc.insecure_channel(f"localhost:{port}", _UNLIMITED)
            return _Server._channel


def _forward(server: _Server, method: str) -> Handler:
    def forward(request: bytes, context: grpc.ServicerContext) -> bytes:
        call = server.channel().unary_unary(method)
        running = call.future(request, timeout=context.time_remaining(), wait_for_ready=True)
        context.add_callback(running.cancel)
        try:
            return running.result()
        except grpc.RpcError as error:
            return context.abort(error.code(), error.details())

    return forward


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("", 0))
        return found.getsockname()[1]
