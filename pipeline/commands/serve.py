"""What `maru serve` does: the server over a workspace, with a start-up to read."""

import contextlib
import json
import logging
import pathlib
import shlex
from typing import TYPE_CHECKING, TextIO

from pipeline import paths
from pipeline.runtime import logs, running_server
from serving import process

if TYPE_CHECKING:  # Imports TensorFlow.
    from serving.command.server import Server


def serve(
    workspace: pathlib.Path,
    port: int,
    rest_port: int,
    host: str,
    *,
    with_batching: bool,
    with_playground: bool,
) -> None:
    """Serve every pushed model of a workspace until told to stop.

    Args:
        workspace: Where pushed models are.
        port: For gRPC; 0 picks a free one.
        rest_port: For HTTP; 0 picks a free one.
        host: Address to listen on.
        with_batching: Run concurrent requests together.
        with_playground: Answer `/` with a page to try the models on.

    Raises:
        ValueError: If the server cannot start.
    """
    if port and port == rest_port:
        raise ValueError(f"--port and --rest-port must differ. Received: {port} for both.")
    where = paths.workspace(workspace)
    log = where / "server.log"
    # Imported late: help must not wait for TensorFlow, and it writes when it is imported.
    process.skip_keras()
    with logs.to_file(log) as terminal:
        _show_warnings(terminal)
        from serving import errors
        from serving.batching.parameters import BatchingParameters
        from serving.command import running, server

        folder = paths.Paths(where, "").served_models
        config = server.ServerConfig(
            host=host,
            port=port,
            rest_api_port=rest_port,
            rest_option="--rest-port",
            batching=BatchingParameters() if with_batching else None,
            playground=with_playground,
        )
        sources = server.Sources(models_dir=folder, models_dir_option="--workspace")
        served = server.Server(sources, config)

        def announce() -> None:
            told = describe(served, folder, host, log, with_playground=with_playground)
            terminal.write(told + "\n")
            terminal.flush()
            address = f"{_shown(host)}:{served.rest_port}"
            announced.enter_context(running_server.announce(where, address))

        try:
            with contextlib.ExitStack() as announced:
                running.run(served, announce)
        except (errors.ServingError, server.StartError) as error:
            raise ValueError(str(error)) from error


def _show_warnings(terminal: TextIO) -> None:
    """Let the terminal have warnings and errors, too, until `logs.to_file` ends."""
    handler = logging.StreamHandler(terminal)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)


def describe(
    server: "Server", folder: pathlib.Path, host: str, log: pathlib.Path, *, with_playground: bool
) -> str:
    """What is served, where, and how to ask and to stop it.

    Args:
        server: Started, with at least one model.
        folder: Where the models come from.
        host: Address it listens on.
        log: Where it tells what it does.
        with_playground: Whether it has a page for browsers.
    """
    names = server.repository.model_names()
    width = max(map(len, names))
    shown = _shown(host)
    http = f"http://{shown}:{server.rest_port}"
    rest = f"{http}/v1/models"
    lines = [
        f"Serving {folder.resolve()}; new models and versions are picked up as they are pushed.",
        "",
    ]
    lines += [f"  {name:<{width}}  {_states(server, name)}" for name in names]
    lines += ["", f"REST  {rest}/<model>:predict", f"gRPC  {shown}:{server.grpc_port}"]
    if with_playground:
        lines.append(f"Page  {http}/ (the models in a browser)")
    lines += ["", "Try:", f"  {_curl(server, rest, names)}", ""]
    lines.append("Ctrl-C or SIGTERM stops it; running requests are answered first.")
    lines.append(f"Log: {log.resolve()}")
    return "\n".join(lines)


def _shown(host: str) -> str:
    """The host as an address that can be asked."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _states(server: "Server", name: str) -> str:
    versions = [
        f"version {status.version}"
        + ("" if status.state == "AVAILABLE" else f" {status.state}: {status.error_message}")
        for status in server.repository.status(name)
    ]
    return ", ".join(versions)


def _curl(server: "Server", rest: str, names: list[str]) -> str:
    """A request that the first model answers."""
    from serving.model import DEFAULT_SIGNATURE, ModelSpec

    name = next(
        name
        for name in names
        if any(status.state == "AVAILABLE" for status in server.repository.status(name))
    )
    with server.repository.lease(ModelSpec(name)) as predictor:
        signature = predictor.signatures.get(DEFAULT_SIGNATURE)
    inputs = dict(signature.inputs) if signature else {}
    if {spec.dtype for spec in inputs.values()} != {"string"}:
        return f"curl {rest}/{name}/metadata"
    if next(iter(inputs)).endswith("_bytes"):
        body = '{"instances": [{"b64": "\'$(base64 -w0 image.png)\'"}]}'
        return f"curl -d '{body}' {rest}/{name}:predict"
    texts = "some text" if len(inputs) == 1 else dict.fromkeys(sorted(inputs), "some text")
    body = json.dumps({"instances": [texts]})
    return f"curl -d {shlex.quote(body)} {rest}/{name}:predict"
