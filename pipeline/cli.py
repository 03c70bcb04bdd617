"""The command `maru`. Heavy imports happen inside commands: help must be instant."""

import os
import pathlib
import sys
import tempfile
from typing import Any

import click

from pipeline.display import terminal

_SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field, as in --set training.epochs=1. Repeatable.",
)
_PORT = click.IntRange(0, 65535)


def _located(_: click.Context, __: click.Parameter, path: pathlib.Path) -> pathlib.Path:
    from components.ingest.files import locate

    return locate.spelled(path)


_WORKSPACE = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    callback=_located,
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder for runs and served models.",
)
_CONFIG = click.argument("config", type=click.Path(path_type=pathlib.Path), callback=_located)


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
    from pipeline.commands import run as command

    sys.exit(command.run(config, overrides, workspace))


@cli.command()
@_CONFIG
@_SET
@_WORKSPACE
def check(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Validate a config, open its data, show first rows and class counts."""
    from pipeline.commands import check as command

    sys.exit(command.check(config, overrides, workspace))


@cli.command()
@_CONFIG
@_SET
@_WORKSPACE
def doctor(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Examine data and model before training: what is wrong, what it means, what to change.

    Runs the pipeline up to Transform and trains nothing but small samples. The exit code is 2 if
    anything is as bad as `doctor.stop_on` of the config says, by default a failed check.
    """
    from pipeline.commands import doctor as command

    sys.exit(command.run(config, overrides, workspace))


@cli.command()
@_CONFIG
@_SET
@click.option(
    "--layers", is_flag=True, help="Build the model and list, in comments, what is trained."
)
@_WORKSPACE
def show(
    config: pathlib.Path, overrides: tuple[str, ...], layers: bool, workspace: pathlib.Path
) -> None:
    """Print the resolved config, defaults included."""
    from pipeline.commands import show as command

    click.echo(command.show(config, overrides), nl=False)
    if layers:
        click.echo(command.layers(config, overrides, workspace), nl=False)


@cli.command()
def schema() -> None:
    """Print the JSON schema of the YAML, for completion in editors."""
    from pipeline.commands import show as command

    click.echo(command.schema())


@cli.command()
@_WORKSPACE
@click.option("--port", type=_PORT, default=8500, show_default=True, help="gRPC; 0: any free.")
@click.option("--rest-port", type=_PORT, default=8501, show_default=True, help="HTTP; 0: any free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--batching", is_flag=True, help="Run concurrent requests together.")
def serve(workspace: pathlib.Path, port: int, rest_port: int, host: str, batching: bool) -> None:
    """Serve the pushed models over TensorFlow Serving's REST and gRPC APIs.

    `python -m serving --help` lists TensorFlow Serving's own flags, which take its files.
    """
    from pipeline.commands import serve as command

    command.serve(workspace, port, rest_port, host, with_batching=batching)


@cli.command()
@click.argument("name")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "--server",
    help="Address of a running server, host:port or grpc://host:port.  [default: that of `maru "
    "serve` with this workspace; with --input, none: the model is loaded]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@click.option(
    "--input",
    "file",
    metavar="PATH",
    help="Ask about every row of a table, a file with a text a line, or a folder of images; - for "
    "standard input.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="File for the answers: .csv, .jsonl or .parquet.",
)
@click.option(
    "--format",
    type=click.Choice(["csv", "tsv", "jsonl", "parquet", "lines"]),
    help="Of --input.  [default: by the ending of its name; lines for standard input]",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="INPUT=COLUMN",
    help="Column for an input of the model.  [default: as in the training data]",
)
@click.option(
    "--read",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="How to read --input, as fields of `data.source`: --read encoding=cp949. Repeatable.",
)
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True)
@click.option("--force", is_flag=True, help="Replace what is at --output.")
@_WORKSPACE
def predict(
    name: str,
    inputs: tuple[str, ...],
    server: str | None,
    as_json: bool,
    file: str | None,
    output: pathlib.Path | None,
    format: str | None,
    columns: tuple[str, ...],
    settings: tuple[str, ...],
    batch_size: int,
    force: bool,
    workspace: pathlib.Path,
) -> None:
    """Ask model NAME about INPUT, a text or an image file; a model of two texts takes both.

    The server that `maru serve` runs for this workspace answers at once; without one the pushed
    model is loaded for this question.

    With --input and --output it answers about every row of a file or folder, in its order; rows
    that cannot be asked about are listed with their reason beside the answers. A killed command
    continues where it stopped.
    """
    if bool(inputs) == bool(file) or bool(file) != bool(output):
        raise click.UsageError("Give INPUTs, or --input with --output.")
    if file and output:
        from pipeline.commands import predict_file

        options = predict_file.Options(
            file, output, format, settings, columns, server, batch_size, force
        )
        sys.exit(predict_file.run(name, workspace, options))
    from pipeline.commands import predict as command

    click.echo(command.predict(name, inputs, server, workspace, as_json=as_json))


@cli.command()
@click.argument("name", required=False)
@click.argument("chosen", nargs=-1, metavar="[RUN...]")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON.")
@_WORKSPACE
def runs(name: str | None, chosen: tuple[str, ...], as_json: bool, workspace: pathlib.Path) -> None:
    """List runs, of the pipeline NAME if it is given; compare those whose times are given.

    A RUN is its time as listed, or the beginning of it. What is compared: metrics, baseline,
    outcome, and every field that differs between the configs.
    """
    from pipeline.commands import runs as command

    click.echo(command.show(workspace, name, chosen, as_json=as_json))


@cli.command()
@click.argument("name")
@click.option(
    "--to", type=int, metavar="VERSION", help="Version.  [default: the model served before]"
)
@_WORKSPACE
def rollback(name: str, to: int | None, workspace: pathlib.Path) -> None:
    """Serve an older version of model NAME again, under a new number."""
    from pipeline.commands import rollback as command

    click.echo(command.rollback(workspace, name, to))


@cli.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME [NAME...]")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("bundle"),
    show_default=True,
    help="Folder to write.",
)
@click.option("--force", is_flag=True, help="Replace what is at --output.")
@click.option(
    "--serving-version",
    type=click.Choice(["2.19", "2.20"]),
    help="Release of TensorFlow Serving.  [default: the oldest that can load the models]",
)
@click.option(
    "--dtype",
    "dtypes",
    type=click.Choice(["bfloat16", "float16"]),
    multiple=True,
    help="Add a twin of each model that multiplies in low precision. Repeatable.",
)
@click.option("--max-batch-size", default=64, show_default=True, help="Largest batch tried.")
@click.option("--callers", default=64, show_default=True, help="Callers at a time in the sweep.")
@click.option("--seconds", default=2.0, show_default=True, help="Time to measure a setting.")
@_WORKSPACE
def bundle(names: tuple[str, ...], workspace: pathlib.Path, **options: Any) -> None:
    """Write what TensorFlow Serving in production needs for pushed models.

    SavedModels with warm-up records, batching measured on this machine, and manifests for
    Docker, Kubernetes and KServe.
    """
    from pipeline.commands import bundle as command

    command.bundle(command.BundleOptions(names=names, **options), workspace)


@cli.command()
@click.argument("name")
@click.option(
    "--server",
    "servers",
    multiple=True,
    metavar="ADDRESS",
    help="Measure this running server instead of ours: host:port (REST) or grpc://host:port. "
    "Repeatable.",
)
@click.option(
    "--callers",
    multiple=True,
    type=click.IntRange(1),
    default=(1, 8, 64),
    show_default=True,
    help="Numbers of callers at a time. Repeatable.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    help="Measured time of each load.",
)
@click.option(
    "--max-batch-size",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="Rows of a full batch.",
)
@_WORKSPACE
def bench(
    name: str,
    servers: tuple[str, ...],
    callers: tuple[int, ...],
    seconds: float,
    max_batch_size: int,
    workspace: pathlib.Path,
) -> None:
    """Measure how fast model NAME answers over REST and gRPC, with and without batching."""
    from pipeline.commands import bench as command

    command.run(name, workspace, servers, callers, seconds, max_batch_size)


@cli.command()
@_CONFIG
@click.option(
    "--models",
    required=True,
    metavar="RUNG[,RUNG...]",
    help="Short names, models of the zoo, YAML files (their model and training), or the "
    "config's own name.",
)
@_SET
@_WORKSPACE
def ladder(
    config: pathlib.Path, models: str, overrides: tuple[str, ...], workspace: pathlib.Path
) -> None:
    """Train several models on the data of CONFIG and compare them in one table.

    Texts: bow, tfidf, embedding, text_cnn, rnn, lstm, gru, bilstm, transformer, pretrained_text.
    Images: alexnet, vgg, googlenet, plain, resnet, mobilenet, vit.

    Quality with interval, parameters, multiply-accumulates, training time and latency, beside
    what simple models reach; nothing is served. A killed ladder continues.
    """
    from pipeline.commands import ladder as command

    sys.exit(command.run(config, models.split(","), overrides, workspace))


@cli.command()
@_CONFIG
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="File to write: .html for texts, .png for images.  [default: in the workspace]",
)
@click.option("--rows", type=click.IntRange(1), default=8, show_default=True, help="Rows shown.")
@_SET
@_WORKSPACE
def augment(
    config: pathlib.Path,
    out: pathlib.Path | None,
    rows: int,
    overrides: tuple[str, ...],
    workspace: pathlib.Path,
) -> None:
    """Draw rows of the train split beside what each operation of `augmentation` makes of them."""
    from pipeline.commands import augment as command

    command.run(config, overrides, workspace, out, rows)


@cli.command()
@_CONFIG
@click.option(
    "--seeds", type=click.IntRange(2), default=5, show_default=True, help="Trainings of each kind."
)
@click.option("--per-operation", is_flag=True, help="Also train with each operation alone.")
@click.option(
    "--equal-steps",
    is_flag=True,
    help="Also train without augmentation for as many batches as with it.",
)
@_SET
@_WORKSPACE
def augment_test(
    config: pathlib.Path,
    seeds: int,
    per_operation: bool,
    equal_steps: bool,
    overrides: tuple[str, ...],
    workspace: pathlib.Path,
) -> None:
    """Does `augmentation` help here? Train with and without it and compare.

    Same model, same split, several seeds; the difference with its confidence interval as a table,
    JSON and a plot. Nothing is served. A killed test continues.
    """
    from pipeline.commands import augment_test as command

    sys.exit(
        command.run(
            config,
            seeds,
            overrides,
            workspace,
            per_operation=per_operation,
            with_equal_steps=equal_steps,
        )
    )


@cli.command()
@_CONFIG
@_SET
@_WORKSPACE
def tune(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Search the fields of `tuning.space`: the pipeline up to the Tuner, then the best values."""
    from pipeline.commands import tune as command

    sys.exit(command.tune(config, overrides, workspace))


def main() -> None:
    """Entry point: like `cli`, but an error a user can mend shows no traceback."""
    # Read by libraries when they are first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not os.path.isabs(os.path.expanduser("~")):
        # A container's user without an entry and a HOME: libraries refuse to be imported.
        os.environ["HOME"] = tempfile.gettempdir()
    terminal.prepare()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted. The same command continues where this run stopped.", err=True)
        sys.exit(130)
    except Exception as error:
        from pipeline.runtime import failures

        if not failures.is_users(error):
            raise
        click.echo(failures.describe(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
