"""`python -m serving`: the server from the command line, with TensorFlow Serving's flags."""

import logging
import os
import pathlib

import click

from serving import start_up

_PORT = click.IntRange(0, 65535)
_FOLDER = click.Path(path_type=pathlib.Path)


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--port", type=_PORT, default=8500, show_default=True, help="gRPC; 0: any free.")
@click.option(
    "--rest_api_port", type=_PORT, default=8501, show_default=True, help="HTTP; 0: any free."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--model_name", default="default", show_default=True, help="Of --model_base_path.")
@click.option("--model_base_path", type=_FOLDER, help="Folder of one model's versions.")
@click.option("--models_dir", type=_FOLDER, help="Folder of models: <model>/<version>/.")
@click.option("--file_system_poll_wait_seconds", type=float, default=1.0, show_default=True)
@click.option("--rest_api_timeout_in_ms", type=int, default=30_000, show_default=True)
@click.pass_context
def main(
    context: click.Context,
    port: int,
    rest_api_port: int,
    host: str,
    model_name: str,
    model_base_path: pathlib.Path | None,
    models_dir: pathlib.Path | None,
    file_system_poll_wait_seconds: float,
    rest_api_timeout_in_ms: int,
) -> None:
    """Answer TensorFlow Serving requests over gRPC and HTTP."""
    if model_base_path is None and models_dir is None:
        raise click.UsageError("Nothing to serve. Give --model_base_path or --models_dir.")
    for argument in context.args:  # TensorFlow Serving goes on, too.
        click.echo(f"unknown argument: {argument}", err=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # Read when TensorFlow is imported.

    # Imported late: --help must not wait for TensorFlow.
    start_up.skip_keras()
    from serving import server
    from serving.repository import Sources

    config = server.ServerConfig(
        host=host,
        port=port,
        rest_api_port=rest_api_port,
        rest_api_timeout=rest_api_timeout_in_ms / 1000,
        poll_seconds=file_system_poll_wait_seconds,
    )
    base_paths = {} if model_base_path is None else {model_name: model_base_path}
    try:
        server.run(Sources(base_paths, models_dir), config)
    except server.StartError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
