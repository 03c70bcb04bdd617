"""Commands about models that were pushed; imports that take time happen inside them."""

import pathlib
import sys
from typing import Any

import click

from pipeline import cli_options

_PORT = click.IntRange(0, 65535)


@click.command()
@cli_options.WORKSPACE
@click.option("--port", type=_PORT, default=8500, show_default=True, help="gRPC; 0: any free.")
@click.option("--rest-port", type=_PORT, default=8501, show_default=True, help="HTTP; 0: any free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--batching", is_flag=True, help="Run concurrent requests together.")
@click.option(
    "--playground/--no-playground",
    default=True,
    show_default=True,
    help="A page in the browser to try the models on.",
)
def serve(
    workspace: pathlib.Path, port: int, rest_port: int, host: str, batching: bool, playground: bool
) -> None:
    """Serve the pushed models over TensorFlow Serving's REST and gRPC APIs, and in the browser.

    `python -m serving --help` lists TensorFlow Serving's own flags, which take its files.
    """
    from pipeline.commands import serve as command

    command.serve(
        workspace, port, rest_port, host, with_batching=batching, with_playground=playground
    )


@click.command()
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
    type=click.Choice(["csv", "tsv", "jsonl", "parquet", "conll", "squad", "lines"]),
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
@click.option(
    "--alignment",
    type=click.Path(path_type=pathlib.Path),
    metavar="FILE",
    help="Draw as PNG which words each word was written by; of models that write texts.",
)
@cli_options.WORKSPACE
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
    alignment: pathlib.Path | None,
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
        raise click.UsageError(
            f"Give INPUTs, or --input with --output. Received: {len(inputs)} INPUTs, "
            f"--input {file}, --output {output}"
        )
    if file and alignment:
        raise click.UsageError(f"--alignment is for INPUTs. Received: --input {file}")
    if file and as_json:
        raise click.UsageError(
            f"--json is for INPUTs; for a file, let --output end in .jsonl. Received: {output}"
        )
    if not file and (format or columns or settings or force):
        raise click.UsageError(
            "--format, --column, --read and --force are for --input. Received INPUTs: "
            f"{', '.join(inputs)}"
        )
    if file and output:
        from pipeline.commands import predict_file

        asked = predict_file.Options(
            file, output, format, settings, columns, server, batch_size, force
        )
        sys.exit(predict_file.run(name, workspace, asked))
    from pipeline.commands import predict as command

    click.echo(
        command.predict(name, inputs, server, workspace, as_json=as_json, alignment=alignment)
    )


@click.command()
@click.argument("name")
@click.argument("data", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    help="Folder for the page and the figures.  [default: in the workspace]",
)
@cli_options.SET
@cli_options.WORKSPACE
def evaluate(
    name: str,
    data: pathlib.Path,
    output: pathlib.Path | None,
    overrides: tuple[str, ...],
    workspace: pathlib.Path,
) -> None:
    """Judge model NAME on new labelled rows: figures with intervals, mistakes, drift, verdict.

    DATA is a table or a folder with the columns of the training data. It is read as that was if
    its name ends alike, else its form is found out; --set says otherwise, as in --set
    data.source.encoding=cp949 or --set task.label=COLUMN.

    The exit code is 3 if the model does not reach `evaluation.must_reach` on these rows, 2 if more
    of them are unusable than `data.max_quarantined` allows.
    """
    from pipeline.commands import evaluate as command

    sys.exit(command.evaluate(name, data, overrides, output, workspace))


@click.command()
@cli_options.CONFIG
@click.option(
    "--shots",
    metavar="N[,N...]",
    help="Numbers of examples.  [default: `prompt.shots` of the config]",
)
@cli_options.SET
@cli_options.WORKSPACE
def prompt(
    config: pathlib.Path,
    shots: str | None,
    overrides: tuple[str, ...],
    workspace: pathlib.Path,
) -> None:
    """Ask a language model with 0, 1 or more examples and measure how often it is right.

    CONFIG says which questions, which model (a pushed one, a preset of KerasHub, or an endpoint
    that speaks as OpenAI's) and how prompts look: see docs/prompting.md. Accuracy by number of
    examples with intervals, every prompt with its answer. A killed command continues.
    """
    from pipeline.commands import prompt as command

    sys.exit(command.run(config, shots, overrides, workspace))


@click.command()
@click.argument("name", required=False)
@click.argument("chosen", nargs=-1, metavar="[RUN...]")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON.")
@cli_options.WORKSPACE
def runs(name: str | None, chosen: tuple[str, ...], as_json: bool, workspace: pathlib.Path) -> None:
    """List runs, of the pipeline NAME if it is given; compare those whose times are given.

    A RUN is its time as listed, or the beginning of it. What is compared: metrics, baseline,
    outcome, and every field that differs between the configs.
    """
    from pipeline.commands import runs as command

    click.echo(command.show(workspace, name, chosen, as_json=as_json))


@click.command()
@click.argument("name")
@click.argument("started", required=False, metavar="[RUN]")
@cli_options.WORKSPACE
def report(name: str, started: str | None, workspace: pathlib.Path) -> None:
    """Write the page of a run of pipeline NAME again: of the newest, or of the one of time RUN."""
    from pipeline.commands import report as command

    command.report(workspace, name, started)


@click.command()
@click.argument("name")
@click.option(
    "--to", type=int, metavar="VERSION", help="Version.  [default: the model served before]"
)
@cli_options.WORKSPACE
def rollback(name: str, to: int | None, workspace: pathlib.Path) -> None:
    """Serve an older version of model NAME again, under a new number."""
    from pipeline.commands import rollback as command

    click.echo(command.rollback(workspace, name, to))


@click.command()
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
@cli_options.WORKSPACE
def bundle(names: tuple[str, ...], workspace: pathlib.Path, **options: Any) -> None:
    """Write what TensorFlow Serving in production needs for pushed models.

    SavedModels with warm-up records, batching measured on this machine, and manifests for
    Docker, Kubernetes and KServe.
    """
    from pipeline.commands import bundle as command

    command.bundle(command.BundleOptions(names=names, **options), workspace)


@click.command()
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
@cli_options.WORKSPACE
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


COMMANDS = (serve, predict, evaluate, prompt, runs, report, rollback, bundle, bench)
