"""The gRPC server: threads, limits, keys and the services it carries."""

import concurrent.futures
import dataclasses
import os
import threading
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.frontend.edge import Edge
from serving.frontend.tls import Tls
from serving.rpc import profiler, service
from serving.rpc.gate import Gate

_HEALTH_NAMES = ("", "ModelService", "PredictionService")
_UNLIMITED = -1
_LARGEST_INT32 = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class GrpcConfig:
    """How gRPC is answered."""

    num_threads: int = max(128, 4 * (os.cpu_count() or 1))
    """Requests that are worked on at a time, at least 1; the others wait."""
    max_request_bytes: int = _LARGEST_INT32
    """Largest request; beyond it RESOURCE_EXHAUSTED."""
    channel_arguments: Sequence[tuple[str, int | str]] = ()
    """Arguments of gRPC's core, such as `grpc.max_connection_age_ms`; they win over ours."""
    health_service: bool = False
    """Whether `grpc.health.v1` answers, too."""
    profiler_service: bool = False
    """Whether TensorFlow's profiler can be asked; see `serving.rpc.profiler`."""


_DEFAULTS = GrpcConfig()


class GrpcServer:
    """Add addresses with `listen`, then `start`.

    Args:
        edge: What both protocols share.
        config: How gRPC is answered.
    """

    def __init__(self, edge: Edge, config: GrpcConfig = _DEFAULTS):
        self._server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(config.num_threads, "grpc"),
            interceptors=[Gate(edge)],
            options=_options(config),
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            service.PredictionService(edge.repository, edge.metrics, edge.options),
            self._server,
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            service.ModelService(edge.repository, edge.metrics), self._server
        )
        if config.profiler_service:
            self._server.add_generic_rpc_handlers([profiler.handler()])
        self._health: health.HealthServicer | None = None
        if config.health_service:
            self._health = health.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)

    def listen(self, address: str, tls: Tls | None = None) -> int:
        """Open an address.

        Args:
            address: `host:port`, port 0 for any free one, or `unix:path`.
            tls: Keys; None for plain text.

        Returns:
            The port; 1 for a UNIX socket.

        Raises:
            RuntimeError: If the address cannot be opened.
        """
        if tls is None:
            return self._server.add_insecure_port(address)
        return self._server.add_secure_port(address, tls.grpc_credentials())

    def start(self) -> None:
        """Answer."""
        self._server.start()
        if self._health is not None:
            for name in _HEALTH_NAMES:
                self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    def drain(self) -> None:
        """Answer NOT_SERVING to those who ask for health; requests are still answered."""
        if self._health is not None:
            self._health.enter_graceful_shutdown()

    def stop(self, seconds: float) -> threading.Event:
        """Stop accepting; running requests get so many seconds. The event is set at the end."""
        return self._server.stop(seconds)


def create_server(edge: Edge, config: GrpcConfig = _DEFAULTS) -> GrpcServer:
    """Build the server; the caller adds addresses and starts it."""
    return GrpcServer(edge, config)


def _options(config: GrpcConfig) -> list[tuple[str, int | str]]:
    largest = _UNLIMITED
    if config.max_request_bytes < _LARGEST_INT32:
        largest = config.max_request_bytes
    ours: dict[str, int | str] = {
        "grpc.max_receive_message_length": largest,
        "grpc.max_send_message_length": _UNLIMITED,
        "grpc.so_reuseport": 0,  # A taken port is an error, not a second server.
    }
    return list({**ours, **dict(config.channel_arguments)}.items())
