"""The server process: load, open the ports, answer, drain.

Ports open only after the models are loaded, so an open port means readiness.
On SIGTERM or SIGINT the server stops accepting, answers what it has, and exits 0.
"""

import contextlib
import dataclasses
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator

import uvicorn

from serving import app, grpc_server, saved_model
from serving.repository import Repository, Sources

_LOG = logging.getLogger(__name__)
_START_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class ServerConfig:
    """Ports and limits of a server."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` answers other machines, too."""
    port: int = 8500
    """Port of gRPC; 0 picks a free one."""
    rest_api_port: int = 8501
    """Port of HTTP; 0 picks a free one."""
    rest_api_timeout: float = 30.0
    """Seconds a prediction over HTTP may take; then 504."""
    poll_seconds: float = 1.0
    """Seconds between two looks for new versions; 0 looks only at the start."""
    drain_seconds: float = 30.0
    """Seconds that running requests get to finish when the server is told to stop."""
    num_threads: int = 4 * (os.cpu_count() or 1)
    """Requests in progress at a time, for each of the two protocols."""


class StartError(Exception):
    """The server cannot start; the message says what to change."""


class Server:
    """Both protocols over one repository.

    Args:
        sources: Where models are.
        config: Ports and limits.

    Attributes:
        grpc_port: The opened port, after `start`.
        rest_port: The opened port, after `start`.
    """

    def __init__(self, sources: Sources, config: ServerConfig):
        self._sources = sources
        self._config = config
        self._repository = Repository(sources, saved_model.SavedModelPredictor, config.poll_seconds)
        self.grpc_port = 0
        self.rest_port = 0

    def start(self) -> None:
        """Load the models, then open the ports.

        Raises:
            StartError: If a port is taken or no model could be loaded.
        """
        # Before loading, which can take a minute, look whether the ports will be free.
        _bind(self._config.host, self._config.port, "--port").close()
        rest_socket = _bind(self._config.host, self._config.rest_api_port, "--rest_api_port")
        try:
            self._repository.poll()
            _require_a_model(self._repository, self._sources)
            self._start_grpc()
        except BaseException:
            rest_socket.close()
            self._repository.close()
            raise
        self._start_rest(rest_socket)
        if self._config.poll_seconds > 0:
            self._repository.start()

    def stop(self) -> None:
        """Stop accepting, answer what was accepted, then unload."""
        grpc_stopped = self._grpc.stop(self._config.drain_seconds)
        self._rest.should_exit = True
        self._rest_thread.join()
        grpc_stopped.wait()
        self._repository.close()

    def _start_grpc(self) -> None:
        config = self._config
        self._grpc = grpc_server.create_server(self._repository, config.num_threads)
        try:
            self.grpc_port = self._grpc.add_insecure_port(_address(config.host, config.port))
        except RuntimeError as error:
            raise StartError(_port_taken(config.host, config.port, "--port")) from error
        self._grpc.start()
        _LOG.info("Running gRPC ModelServer at %s ...", _address(config.host, self.grpc_port))

    def _start_rest(self, rest_socket: socket.socket) -> None:
        config = self._config
        self.rest_port = rest_socket.getsockname()[1]
        application = app.create_app(
            self._repository, timeout=config.rest_api_timeout, num_threads=config.num_threads
        )
        self._rest = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=max(1, round(config.drain_seconds)),
            )
        )
        # Outside the main thread uvicorn leaves the signals alone; `run` handles them.
        self._rest_thread = threading.Thread(
            target=self._rest.run, kwargs={"sockets": [rest_socket]}, name="rest", daemon=True
        )
        self._rest_thread.start()
        _wait_for(lambda: self._rest.started or not self._rest_thread.is_alive())
        _LOG.info("Exporting HTTP/REST API at:localhost:%d ...", self.rest_port)


def run(sources: Sources, config: ServerConfig) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return.

    Raises:
        StartError: If the server cannot start.
    """
    stop = threading.Event()
    server = Server(sources, config)
    with _handled(signal.SIGTERM, stop), _handled(signal.SIGINT, stop):
        server.start()
        stop.wait()
        _LOG.info("Stopping: running requests may finish, new ones are refused.")
        server.stop()
    _LOG.info("Stopped.")


def _require_a_model(repository: Repository, sources: Sources) -> None:
    names = repository.model_names()
    if not names:
        places = [str(path) for path in sources.base_paths.values()]
        layout = "<version number>/saved_model.pb"
        if sources.models_dir is not None:
            places.append(str(sources.models_dir))
            layout = "<model>/<version number>/saved_model.pb"
        raise StartError(
            f"There is no model to serve in {' or '.join(places)}. Expected folders like "
            f"{layout}. Train and push one with `maru run <your.yaml>`, or name the right folder "
            "with --models_dir or --model_base_path."
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
        f"Failed to start server. Error: UNKNOWN: {len(failures)} servable(s) did not become "
        f"available: {''.join(failures)}}}"
    )


def _bind(host: str, port: int, flag: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, because asyncio turns off Nagle's 40 ms delay only for sockets that say so.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartError(_port_taken(host, port, flag, error)) from error
    return listener


def _port_taken(host: str, port: int, flag: str, error: OSError | None = None) -> str:
    reason = error.strerror if error else "Address already in use"
    return (
        f"Cannot listen on {_address(host, port)}: {reason}. Another server may be running "
        f"there. Choose another port with {flag}, or {flag}=0 for any free one."
    )


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


@contextlib.contextmanager
def _handled(number: signal.Signals, stop: threading.Event) -> Iterator[None]:
    before = signal.signal(number, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(number, before)
