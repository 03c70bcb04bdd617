"""Our server in a process of its own, for the time of a measurement."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from serving.batching.parameters import BatchingParameters
from serving.load.job import Target

_START_SECONDS = 180.0
_STOP_SECONDS = 30.0
_LAST_LINES = 5


class StartError(Exception):
    """The server did not start; the text has its last words."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A server that answers."""

    host: str
    """Address."""
    rest_port: int
    """Port of HTTP."""
    grpc_port: int
    """Port of gRPC."""
    pid: int | None
    """Its process; None if it is not on this machine."""

    def rest(self, model: str) -> Target:
        """Predict over REST."""
        return Target("rest", self.host, self.rest_port, f"/v1/models/{model}:predict", self.pid)

    def grpc(self) -> Target:
        """Predict over gRPC."""
        return Target("grpc", self.host, self.grpc_port, pid=self.pid)


@contextlib.contextmanager
def serve(
    model: str,
    base_path: pathlib.Path,
    folder: pathlib.Path,
    batching: BatchingParameters | None = None,
    flags: Sequence[str] = (),
) -> Iterator[Running]:
    """Start `python -m serving`, wait until it answers, stop it in the end.

    Args:
        model: Name to serve under.
        base_path: Folder of its versions.
        folder: Receives the server's log and batching parameters.
        batching: None serves every request by itself.
        flags: More flags, as on the command line.

    Raises:
        StartError: If the server ends before it answers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rest_port, grpc_port = free_ports(2)
    command = [
        *(sys.executable, "-m", "serving", f"--port={grpc_port}", f"--rest_api_port={rest_port}"),
        *(f"--model_name={model}", f"--model_base_path={base_path.resolve()}", *flags),
    ]
    if batching is not None:
        path = folder / "batching.config"
        path.write_text(to_text(batching), encoding="utf-8")
        command += ["--enable_batching=true", f"--batching_parameters_file={path.resolve()}"]
    with running(command, folder / "server.log", [rest_port, grpc_port]) as pid:
        yield Running("127.0.0.1", rest_port, grpc_port, pid)


@contextlib.contextmanager
def running(
    command: Sequence[str],
    log: pathlib.Path,
    ports: Sequence[int],
    cwd: pathlib.Path | None = None,
) -> Iterator[int]:
    """Run a server while the context is open.

    Args:
        command: Program and arguments.
        log: Where its output goes.
        ports: It answers when all of them can be connected to.
        cwd: Folder to start in; None means this process's.

    Yields:
        Number of its process.

    Raises:
        StartError: If it ends, or does not answer within three minutes.
    """
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,  # Its children, too, must be gone before others are measured.
        )
        try:
            _wait(process, ports, log)
            yield process.pid
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):  # Nobody of the group is left.
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at the moment.

    Args:
        count: How many.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def to_text(parameters: BatchingParameters) -> str:
    """The part of the parameters that a measurement varies, as `--batching_parameters_file`.

    Args:
        parameters: Others than these four keep their defaults.
    """
    names = ("max_batch_size", "batch_timeout_micros", "num_batch_threads", "max_enqueued_batches")
    return "".join(f"{name} {{ value: {getattr(parameters, name)} }}\n" for name in names)


def _wait(process: subprocess.Popen[bytes], ports: Sequence[int], log: pathlib.Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not all(map(_answers, ports)):
        if process.poll() is not None:
            raise StartError(f"The server ended with {process.returncode}. {_last_words(log)}")
        if time.monotonic() > deadline:
            raise StartError(
                f"The server did not answer within {_START_SECONDS:g} s. {_last_words(log)}"
            )
        time.sleep(0.1)


def _last_words(log: pathlib.Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f"The last lines of {log}:", *lines])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
