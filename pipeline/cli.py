"""The command `maru`. Heavy imports happen inside commands: help must be instant."""

import os
import pathlib
import sys
import tempfile

import click

from pipeline import cli_models, cli_options
from pipeline.display import terminal
from pipeline.runtime import silent_imports


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="maru")
def cli() -> None:
    """A folder of text or images and one YAML in, a model that answers requests out."""


@cli.command()
@cli_options.CONFIG
@cli_options.SET
@cli_options.WORKSPACE
def run(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Run a pipeline: data in, served model out."""
    from pipeline.commands import run as command

    sys.exit(command.run(config, overrides, workspace))


@cli.command()
@click.argument("data", type=click.Path(path_type=pathlib.Path))
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="File to write.  [default: named after the data, in the current folder]",
)
@click.option("--force", is_flag=True, help="Replace what is at --output.")
@cli_options.WORKSPACE
def init(
    data: pathlib.Path, output: pathlib.Path | None, force: bool, workspace: pathlib.Path
) -> None:
    """Look at DATA, guess a config for it, write it with a reason for every line, and check it.

    DATA is a table (CSV, TSV, JSON Lines, JSON, Parquet; of texts or of names of images), a folder
    of tables, or a folder of images in one folder per class.
    """
    from pipeline.commands import init as command

    sys.exit(command.run(data, output, workspace, is_forced=force))


@cli.command()
@cli_options.CONFIG
@cli_options.SET
@cli_options.WORKSPACE
def check(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Validate a config, open its data, show first rows and class counts."""
    from pipeline.commands import check as command

    sys.exit(command.check(config, overrides, workspace))


@cli.command()
@cli_options.CONFIG
@cli_options.SET
@cli_options.WORKSPACE
def doctor(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Examine data and model before training: what is wrong, what it means, what to change.

    Runs the pipeline up to Transform and trains nothing but small samples. The exit code is 2 if
    anything is as bad as `doctor.stop_on` of the config says, by default a failed check.
    """
    from pipeline.commands import doctor as command

    sys.exit(command.run(config, overrides, workspace))


@cli.command()
@cli_options.CONFIG
@cli_options.SET
@click.option(
    "--layers", is_flag=True, help="Build the model and list, in comments, what is trained."
)
@cli_options.WORKSPACE
def show(
    config: pathlib.Path, overrides: tuple[str, ...], layers: bool, workspace: pathlib.Path
) -> None:
    """Print the resolved config, defaults included."""
    from pipeline.commands import show as command

    click.echo(command.show(config, overrides), nl=False)
    if layers:
        click.echo(command.layers(config, overrides, workspace), nl=False)


@cli.command()
@click.argument("of", type=click.Choice(["run", "prompt"]), default="run")
def schema(of: str) -> None:
    """Print the JSON schema of the YAML of `maru run` or `maru prompt`, for editors."""
    from pipeline.commands import show as command

    click.echo(command.schema(of))


@cli.command()
@cli_options.CONFIG
@click.option(
    "--models",
    required=True,
    metavar="RUNG[,RUNG...]",
    help="Short names, models of the zoo, YAML files (their model and training), or the "
    "config's own name.",
)
@cli_options.SET
@cli_options.WORKSPACE
def ladder(
    config: pathlib.Path, models: str, overrides: tuple[str, ...], workspace: pathlib.Path
) -> None:
    """Train several models on the data of CONFIG and compare them in one table.

    Texts: naive_bayes, bow, tfidf, embedding, text_cnn, rnn, lstm, gru, bilstm, transformer,
    pretrained_text.
    Images: alexnet, vgg, googlenet, plain, resnet, mobilenet, vit.

    Quality with interval, parameters, multiply-accumulates, training time and latency, beside
    what simple models reach; nothing is served. A killed ladder continues.
    """
    from pipeline.commands import ladder as command

    sys.exit(command.run(config, models.split(","), overrides, workspace))


@cli.command()
@cli_options.CONFIG
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="File to write: .html for texts, .png for images.  [default: in the workspace]",
)
@click.option("--rows", type=click.IntRange(1), default=8, show_default=True, help="Rows shown.")
@cli_options.SET
@cli_options.WORKSPACE
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
@cli_options.CONFIG
@click.option(
    "--seeds", type=click.IntRange(2), default=5, show_default=True, help="Trainings of each kind."
)
@click.option("--per-operation", is_flag=True, help="Also train with each operation alone.")
@click.option(
    "--equal-steps",
    is_flag=True,
    help="Also train without augmentation for as many batches as with it.",
)
@cli_options.SET
@cli_options.WORKSPACE
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
@cli_options.CONFIG
@cli_options.SET
@cli_options.WORKSPACE
def tune(config: pathlib.Path, overrides: tuple[str, ...], workspace: pathlib.Path) -> None:
    """Search the fields of `tuning.space`: the pipeline up to the Tuner, then the best values."""
    from pipeline.commands import tune as command

    sys.exit(command.tune(config, overrides, workspace))


for _command in cli_models.COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Entry point: like `cli`, but an error a user can mend shows no traceback."""
    # Read by libraries when they are first imported.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    silent_imports.silence("tensorflow")
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
