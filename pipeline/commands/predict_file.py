"""What `maru predict --input` does: ask about every row of a file, and write the answers."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from rich import console

from components.ingest.files import locate, names
from pipeline import did_you_mean, paths, pushed_models
from pipeline.display import counting, run_view
from pipeline.runtime import logs
from pipeline.scoring import answering, asking, batches, journal, rows, tables
from serving import client

STANDARD_INPUT = "-"


@dataclasses.dataclass(frozen=True)
class Options:
    """What to ask about and where to write the answers."""

    input: str
    """File or folder; `-` for standard input."""
    output: pathlib.Path
    """File to write."""
    format: str | None
    """Of the input; None goes by the ending of its name."""
    settings: tuple[str, ...]
    """`KEY=VALUE`, fields of `data.source`."""
    columns: tuple[str, ...]
    """`INPUT=COLUMN`, where a column has another name than in the training data."""
    server: str | None
    """Address; None loads the model."""
    batch_size: int
    """Rows of a request."""
    is_forced: bool
    """Whether to replace what is at `output`."""


def run(name: str, workspace: pathlib.Path, options: Options) -> int:
    """Ask about every row; the exit code: 2 if no row could be asked about.

    Rows keep their order. What cannot be asked about is listed with its reason in a file beside
    the answers. A killed command continues where it stopped.

    Args:
        name: Of the model.
        workspace: Where models are pushed to.
        options: What to read and write.

    Raises:
        ValueError: If model, input or output are not there, or a server stops to answer.
    """
    _check_output(options)
    where = paths.Paths(paths.workspace(workspace), name)
    with contextlib.ExitStack() as opened:
        terminal = opened.enter_context(logs.to_file(where.root / "predict.log"))
        path = opened.enter_context(_local(options.input))
        shown = console.Console(file=terminal, highlight=False)
        model = opened.enter_context(_model(where, options, shown))
        table = rows.Rows(
            path,
            _renamed(model.inputs, options.columns),
            options.format or (rows.LINES if options.input == STANDARD_INPUT else None),
            tuple(_pairs(options.settings, "--read")),
        )
        return _score(model, table, options, shown)


def _check_output(options: Options) -> None:
    if options.output.suffix not in tables.WRITERS:
        raise ValueError(
            f"--output must end in {', '.join(tables.WRITERS)}. Received: {options.output}"
        )
    if options.output.exists() and not options.is_forced:
        raise ValueError(f"--output: {options.output} is there already. Replace it with --force.")
    paths.make(options.output.absolute().parent, "--output")


@contextlib.contextmanager
def _local(given: str) -> Iterator[pathlib.Path]:
    """The input as a file or folder: standard input is copied to a temporary one."""
    if given != STANDARD_INPUT:
        path = locate.spelled(pathlib.Path(given))
        if not path.exists():
            raise ValueError(f"--input: there is no file or folder {names.shown(path)}.")
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="maru-") as folder:
        path = pathlib.Path(folder, "stdin")  # As rows are told where they stood.
        with open(path, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


@contextlib.contextmanager
def _model(where: paths.Paths, options: Options, shown: console.Console) -> Iterator[asking.Model]:
    """The pushed model, loaded, or that of a server; what the server says ends the command."""
    if not options.server:
        with shown.status("loading the model"):
            model = asking.from_disk(pushed_models.newest(where))
        yield model
        return
    try:
        with client.Client(options.server) as asked:
            yield asking.from_server(asked, options.server, where)
    except client.ClientError as error:
        raise ValueError(str(error)) from error


def _pairs(given: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    for text in given:
        key, is_pair, value = text.partition("=")
        if not is_pair:
            raise ValueError(f"{option} takes KEY=VALUE. Received: {text!r}")
        yield key, value


def _renamed(inputs: Sequence[rows.Input], columns: Sequence[str]) -> tuple[rows.Input, ...]:
    renamed = dict(_pairs(columns, "--column"))
    known = [one.name for one in inputs]
    for name in renamed:
        if name not in known:
            raise ValueError(
                f"--column: the model has no input {name!r}.{did_you_mean.hint(name, known)} "
                f"Inputs: {', '.join(known)}. Received: {name}={renamed[name]}"
            )
    return tuple(
        dataclasses.replace(one, column=renamed.get(one.name, one.column)) for one in inputs
    )


def _score(model: asking.Model, table: rows.Rows, options: Options, shown: console.Console) -> int:
    beside = options.output.with_name(f".{options.output.name}.unfinished")
    asked = [dataclasses.astuple(one) for one in table.inputs]
    identity = {
        "model": model.which,
        "inputs": asked,
        "input": table.fingerprint(),
        "format": table.format,
        "settings": table.settings,
    }
    started = time.monotonic()
    with journal.Journal(beside, identity) as kept:
        done = kept.rows
        if done:
            shown.print(f"continuing after {done:,} rows")
        ahead = batches.read_ahead(table.read(done), options.batch_size)
        asked_about = answering.ask(model, ahead)
        for batch, found in counting.shown(asked_about, lambda one: len(one[0]), shown, done):
            kept.add(answering.entries(batch, found))
    answered, left_out = answering.write(kept, options.output)
    kept.remove()
    seconds = time.monotonic() - started
    rate = (answered + left_out - done) / seconds
    line = f"{answered:,} rows answered in {paths.shown(options.output)}, {rate:,.0f} rows a second"
    run_view.print_line(shown, line, "green" if answered else "red")
    if left_out:
        beside = answering.left_out_file(options.output)
        run_view.print_line(
            shown, f"{left_out:,} rows left out, each with its reason in {paths.shown(beside)}"
        )
    return 0 if answered else 2
