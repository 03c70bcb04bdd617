"""Arguments that several commands take."""

import pathlib

import click

SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field, as in --set training.epochs=1. Repeatable.",
)


def _located(_: click.Context, __: click.Parameter, path: pathlib.Path) -> pathlib.Path:
    from components.ingest.files import locate

    return locate.spelled(path)


WORKSPACE = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    callback=_located,
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Folder for runs and served models.",
)
CONFIG = click.argument("config", type=click.Path(path_type=pathlib.Path), callback=_located)
