"""The command `maru`. Heavy imports happen inside commands: help must be instant."""

import os
import pathlib
import sys

import click

_WORKSPACE = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder for runs and served models.",
)
_CONFIG = click.argument("config", type=click.Path(path_type=pathlib.Path))
_SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field, as in --set training.epochs=1. Repeatable.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="maru")
def cli() -> None:
    """A folder of text or images and one YAML in, a model that answers requests out."""


@cli.command()
@_CONFIG
@_SET
@_WORKSPACE
def run(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Run a pipeline: data in, served model out."""
    from pipeline import commands

    sys.exit(commands.run(config, overrides, workspace))


@cli.command()
@_CONFIG
@_SET
@_WORKSPACE
def check(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Validate a config, open its data, show first rows and class counts."""
    from pipeline import commands

    sys.exit(commands.check(config, overrides, workspace))


@cli.command()
@_CONFIG
@_SET
def show(config: pathlib.Path, overrides: tuple[str, ...]) -> None:
    """Print the resolved config, defaults included."""
    from pipeline import commands

    click.echo(commands.show(config, overrides), nl=False)


@cli.command()
def schema() -> None:
    """Print the JSON schema of the YAML, for completion in editors."""
    from pipeline import commands

    click.echo(commands.schema())


@cli.command()
@_WORKSPACE
@click.option("--port", type=int, default=8500, show_default=True, help="gRPC; 0: any free.")
@click.option("--rest-port", type=int, default=8501, show_default=True, help="HTTP; 0: any free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def serve(workspace: pathlib.Path, port: int, rest_port: int, host: str) -> None:
    """Serve the pushed models over TensorFlow Serving's REST and gRPC APIs."""
    from pipeline import asking

    asking.serve(workspace, port, rest_port, host)


@cli.command()
@click.argument("name")
@click.argument("input")
@click.option("--server", help="Address of a running server, host:port.  [default: try :8501]")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@_WORKSPACE
def predict(
    name: str, input: str, server: str | None, as_json: bool, workspace: pathlib.Path
) -> None:
    """Ask model NAME about INPUT, a text or an image file.

    A running server answers at once; without one the pushed model is loaded for this question.
    """
    from pipeline import asking

    click.echo(asking.predict(name, input, server, workspace, as_json=as_json))


def main() -> None:
    """Entry point: like `cli`, but an error a user can mend shows no traceback."""
    # Read by libraries when they are first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted. The same command continues where this run stopped.", err=True)
        sys.exit(130)
    except Exception as error:
        from pipeline import failures

        if not failures.is_users(error):
            raise
        click.echo(failures.worded(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
