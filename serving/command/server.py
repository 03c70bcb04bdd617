"""The server: loads, opens the ports, answers, drains.

Ports open only after the models are loaded, so an open port means readiness.
"""

import contextlib
import dataclasses
import errno
import logging
import pathlib
import socket
from collections.abc import Iterator, Sequence
from typing import TextIO

from serving.batching.batcher import Batcher
from serving.batching.parameters import BatchingParameters
from serving.command.version_loader import LoadingConfig, VersionLoader
from serving.frontend import tls
from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.model import Options
from serving.playground.site import GrpcPort, Playground
from serving.repository.config_file import ConfigFile
from serving.repository.model_config import ServedModel
from serving.repository.repository import Repository, RepositoryConfig
from serving.rest.app import RestConfig
from serving.rest.http_server import HttpServer
from serving.rpc.server import GrpcConfig, GrpcServer
from serving.telemetry.access_log import AccessLog
from serving.telemetry.metrics import Metrics

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Sources:
    """Where the models are named."""

    models: Sequence[ServedModel] = ()
    """Models served from the start; must be empty if there is a `config_file`."""
    config_file: pathlib.Path | None = None
    """Text file with a `ModelServerConfig`; None for none."""
    config_poll_seconds: float = 0.0
    """Time between two looks at `config_file`; 0 reads it once."""
    models_dir: pathlib.Path | None = None
    """Folder whose subfolders are models named after them, now and later; None for none."""
    models_dir_option: str = "--models_dir or --model_base_path"
    """What names the folder on the command line, for messages."""


@dataclasses.dataclass(frozen=True)
class ServerConfig:
    """Ports and limits of a server."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` answers other machines, too."""
    port: int | None = 8500
    """Port of gRPC; 0 picks a free one, None opens none."""
    grpc_socket: pathlib.Path | None = None
    """UNIX socket for gRPC; None opens none."""
    rest_api_port: int | None = 8501
    """Port of HTTP; 0 picks a free one, None opens none."""
    rest_option: str = "--rest_api_port"
    """What names the port of HTTP on the command line, for messages."""
    drain_seconds: float = 30.0
    """Seconds that running requests get to finish when the server is told to stop."""
    repository: RepositoryConfig = RepositoryConfig()
    """How the disk is followed."""
    loading: LoadingConfig = LoadingConfig()
    """How versions are loaded."""
    batching: BatchingParameters | None = None
    """How concurrent requests run together; None runs each on its own."""
    is_batching_per_model: bool = False
    """Whether versions bring their own `batching`, of which then only the threads count."""
    answering: Options = Options()
    """How requests are answered."""
    grpc: GrpcConfig = GrpcConfig()
    """How gRPC is answered."""
    grpc_tls: tls.Tls | None = None
    """Keys of gRPC; None for plain text."""
    rest: RestConfig = RestConfig()
    """How HTTP is answered."""
    rest_tls: tls.Tls | None = None
    """Keys of HTTPS; None for plain text."""
    playground: bool = False
    """Whether `/` answers with a page to try the models on."""
    token: str | None = None
    """What callers must present; None lets all in."""
    max_concurrent_requests: int | None = None
    """Requests in progress over both protocols, beyond which they are refused; None for any."""
    access_log: TextIO | None = None
    """Gets one JSON line per request; None for no log."""


class StartError(Exception):
    """The server cannot start; the message says what to change."""


class Server:
    """Both protocols over one repository.

    Args:
        sources: Where the models are named.
        config: Ports and limits.

    Attributes:
        repository: What is served.
        metrics: What is counted.
        grpc_port: The opened port, after `start`; 0 if there is none.
        rest_port: The opened port, after `start`; 0 if there is none.
    """

    def __init__(self, sources: Sources, config: ServerConfig):
        self._sources = sources
        self._config = config
        self.metrics = Metrics()
        self._batcher: Batcher | None = None
        if config.batching is not None:
            self._batcher = Batcher(config.batching, self.metrics, config.is_batching_per_model)
        load = VersionLoader(config.loading, self.metrics, self._batcher)
        self.repository = Repository(load, config.repository, sources.models_dir)
        self._config_file: ConfigFile | None = None
        if sources.config_file is not None:
            self._config_file = ConfigFile(
                sources.config_file, self.repository.apply, sources.config_poll_seconds
            )
        self._admission = Admission(self.metrics, config.token, config.max_concurrent_requests)
        self._access_log: AccessLog | None = None
        self._grpc: GrpcServer | None = None
        self._rest: HttpServer | None = None
        self.grpc_port = 0
        self.rest_port = 0

    def start(self) -> None:
        """Load the models, then open the ports.

        Raises:
            ServingError: If a model or a file is wrong, as in TensorFlow Serving.
            StartError: If a port is taken, or `models_dir` has nothing to serve.
        """
        try:
            # Before loading, which can take a minute, look whether the ports will be free.
            with _reserved(self._config) as rest_socket:
                self._load()
                edge = self._open_edge()
                self._start_grpc(edge)
                self._start_rest(edge, rest_socket)
        except BaseException:
            if self._grpc is not None:
                self._grpc.stop(0).wait()
            self._close()
            raise
        self.repository.start()
        if self._config_file is not None:
            self._config_file.start()

    def stop(self) -> None:
        """Say so to load balancers, stop accepting, answer what was accepted, then unload."""
        self._admission.drain()
        stopped = []
        if self._grpc is not None:
            self._grpc.drain()
            stopped.append(self._grpc.stop(self._config.drain_seconds))
        if self._rest is not None:
            self._rest.stop()
        for event in stopped:
            event.wait()
        self._close()

    def _load(self) -> None:
        if self._config_file is not None:
            self._config_file.load()
        else:
            self.repository.apply(self._sources.models)
        if self._sources.models_dir is not None:
            _require_a_model(self.repository, self._sources)

    def _open_edge(self) -> Edge:
        if self._config.access_log is not None:
            self._access_log = AccessLog(self._config.access_log)
        return Edge(
            self.repository,
            self.metrics,
            self._admission,
            self._config.answering,
            self._access_log,
        )

    def _start_grpc(self, edge: Edge) -> None:
        config = self._config
        if config.port is None and config.grpc_socket is None:
            return
        server = GrpcServer(edge, config.grpc)
        if config.port is not None:
            address = _address(config.host, config.port)
            try:
                self.grpc_port = server.listen(address, config.grpc_tls)
            except RuntimeError as error:
                raise StartError(_cannot_listen(address, "--port")) from error
        if config.grpc_socket is not None:
            try:
                server.listen(f"unix:{config.grpc_socket}", config.grpc_tls)
            except RuntimeError as error:
                raise StartError(
                    f"Cannot listen on the UNIX socket {config.grpc_socket}: {error}. "
                    "Choose another path with --grpc_socket_path."
                ) from error
        server.start()
        self._grpc = server
        if config.port is not None:
            address = _address(config.host, self.grpc_port)
            _LOG.info("Running gRPC ModelServer at %s ...", address)
        if config.grpc_socket is not None:
            _LOG.info("Running gRPC ModelServer at UNIX socket %s ...", config.grpc_socket)

    def _start_rest(self, edge: Edge, listener: socket.socket | None) -> None:
        if listener is None:
            return
        config = self._config
        self._rest = HttpServer(
            edge,
            config.rest,
            listener.dup(),
            config.rest_tls,
            config.drain_seconds,
            self._playground() if config.playground else None,
        )
        self._rest.start()
        self.rest_port = self._rest.port
        _LOG.info("Exporting HTTP/REST API at:localhost:%d ...", self.rest_port)

    def _playground(self) -> Playground:
        is_encrypted = self._config.grpc_tls is not None
        grpc = GrpcPort(self.grpc_port, is_encrypted) if self.grpc_port else None
        return Playground(self.repository, grpc)

    def _close(self) -> None:
        if self._config_file is not None:
            self._config_file.close()
        self.repository.close()
        if self._batcher is not None:
            self._batcher.close()
        if self._access_log is not None:
            self._access_log.close()


def _require_a_model(repository: Repository, sources: Sources) -> None:
    """Refuse to serve a folder of models of which none can be served."""
    names = repository.model_names()
    if not names:
        raise StartError(
            f"There is no model to serve in {sources.models_dir}. Expected folders like "
            "<model>/<version number>/saved_model.pb. Train and push one with "
            "`maru run <your.yaml>`, or name the right folder with "
            f"{sources.models_dir_option}."
        )
    statuses = {name: repository.status(name) for name in names}
    if any(status.state == "AVAILABLE" for known in statuses.values() for status in known):
        return
    failures = [
        f"{{{{name: {name} version: {status.version}}} due to error: "
        f"{status.error_code}: {status.error_message}}}, "
        for name, known in statuses.items()
        for status in known
    ]
    raise StartError(
        f"UNKNOWN: {len(failures)} servable(s) did not become available: {{{''.join(failures)}}}"
    )


@contextlib.contextmanager
def _reserved(config: ServerConfig) -> Iterator[socket.socket | None]:
    """The bound socket of HTTP, if there is one; that of gRPC is tried and left to gRPC."""
    if config.port is not None:
        _bind(config.host, config.port, "--port").close()
    if config.rest_api_port is None:
        yield None
        return
    with _bind(config.host, config.rest_api_port, config.rest_option) as bound:
        yield bound


def _bind(host: str, port: int, flag: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, because asyncio turns off Nagle's 40 ms delay only for sockets that say so.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartError(_cannot_listen(_address(host, port), flag, error)) from error
    return listener


def _cannot_listen(address: str, flag: str, error: OSError | None = None) -> str:
    if error is None or error.errno == errno.EADDRINUSE:
        return (
            f"Cannot listen on {address}: Address already in use. Another server may be running "
            f"there. Choose another port with {flag}."
        )
    return (
        f"Cannot listen on {address}: {error.strerror}. Choose an address of this machine with "
        f"--host and a port that you may use with {flag}."
    )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
