"""What the command `bundle` does."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from pipeline import artifact_files, paths, pushed_models
from pipeline.display import run_view
from pipeline.runtime import logs
from serving import errors, process

if TYPE_CHECKING:  # They import TensorFlow, which a mistake in a name must not wait for.
    from serving.bundle import model, sweep, twins


@dataclasses.dataclass(frozen=True)
class BundleOptions:
    """What was asked for on the command line."""

    names: tuple[str, ...]
    """Models, each once."""
    output: pathlib.Path
    """Folder to write."""
    serving_version: str | None
    """Release of TensorFlow Serving; None takes the oldest that can load the models."""
    dtypes: tuple[str, ...]
    """Low precisions to add twins in: `bfloat16`, `float16`."""
    max_batch_size: int
    """Largest batch tried, in rows."""
    callers: int
    """Callers at a time in the sweep."""
    seconds: float
    """Seconds each setting is measured."""
    force: bool
    """Whether an existing output is replaced."""


def bundle(options: BundleOptions, workspace: pathlib.Path) -> None:
    """Write what production needs for some pushed models, and show what was written.

    Args:
        options: What was asked for.
        workspace: Where pushed models and their runs are.

    Raises:
        ValueError: If a model, its run or room on the disk is missing, the output is there
            already, or no known TensorFlow Serving can load the models.
    """
    runs = [find(name, paths.workspace(workspace)) for name in dict.fromkeys(options.names)]
    output = options.output.resolve()
    folder = paths.Paths(paths.workspace(workspace), runs[0].name).root
    with logs.to_file(folder / "bundle.log") as terminal:
        _bundle(runs, options, output, Console(file=terminal, highlight=False))


@dataclasses.dataclass(frozen=True)
class PushedRun:
    """One pushed version and where its run left the answers to real examples."""

    name: str
    """Served name."""
    version: int
    """The newest version."""
    folder: pathlib.Path
    """Its folder."""
    reference: pathlib.Path
    """File of `serving.export.reference`."""


def find(name: str, workspace: pathlib.Path) -> PushedRun:
    """The newest pushed version of a model.

    Args:
        name: Served name.
        workspace: Where pushed models and their runs are.

    Raises:
        ValueError: If there is no such model, it has no version, or its run is gone.
    """
    where = paths.Paths(workspace, name)
    newest = pushed_models.newest(where)
    return PushedRun(name, newest.version, newest.folder, _reference(newest.folder, where))


def _reference(version: pathlib.Path, where: paths.Paths) -> pathlib.Path:
    """The trainer's answers; the version names the model artifact it was copied from."""
    note = version / artifact_files.SOURCE
    run = pathlib.Path(note.read_text("utf-8")).name if note.is_file() else "unknown"
    reference = where.artifacts / "Trainer" / "model_run" / run / artifact_files.REFERENCE
    if not reference.is_file():
        raise ValueError(
            f"The run that trained {where.name} version {version.name} is gone: {reference} is "
            "missing. Its answers to real examples are what the warm-up records and the sweep are "
            "made of. Run the pipeline again, or bring its folder back."
        )
    return reference


def _bundle(
    runs: Sequence[PushedRun], options: BundleOptions, output: pathlib.Path, terminal: Console
) -> None:
    process.skip_keras()
    with terminal.status("starting TensorFlow"):
        from serving.bundle import model, sweep, writing
        from serving.export import reference
    config = sweep.SweepConfig(
        max_batch_size=options.max_batch_size, callers=options.callers, seconds=options.seconds
    )
    sources = [
        model.Source(each.name, each.version, each.folder, reference.load(each.reference))
        for each in runs
    ]
    model.require_distinct([source.name for source in sources])
    release = writing.choose_release(sources, options.serving_version)
    terminal.print(f"for TensorFlow Serving {release.tag}", style="dim")
    paths.make(output.parent, "--output")
    with writing.appearing(output, replace=options.force) as incoming:
        folder = paths.plain(incoming)
        writing.require_room(sources, folder, copies=1 + len(options.dtypes))
        made = _make_twins(sources, options.dtypes, folder, terminal)
        sweeps, models = {}, []
        for source in [*sources, *(twin.source for twin in made)]:
            sweeps[source.name], bundled = _measure_and_add(source, config, folder, terminal)
            models.append(bundled)
        writing.add_files(models, sweeps, made, release, folder)
    _show(models, output, terminal)


def _make_twins(
    sources: Sequence["model.Source"],
    dtypes: Sequence[str],
    folder: pathlib.Path,
    terminal: Console,
) -> list["twins.Twin"]:
    from serving.bundle import twins, writing

    made = []
    for source in sources:
        for dtype in dict.fromkeys(dtypes):
            with terminal.status(f"{source.name}: {dtype} twin"), _reword_errors(source.name):
                twin = twins.make(source, dtype, folder / writing.MODELS)
            equal = "" if twin.agreement is None else f"{twin.agreement:.1%} of the answers equal, "
            terminal.print(
                f"✓ {twin.source.name}: largest difference {twin.difference:.1e}, {equal}"
                f"{twin.twin_ms:.0f} ms for {twin.original_ms:.0f} ms",
                markup=False,
            )
            made.append(twin)
    return made


def _measure_and_add(
    source: "model.Source", config: "sweep.SweepConfig", folder: pathlib.Path, terminal: Console
) -> tuple["sweep.Sweep", "model.Bundled"]:
    from serving.bundle import sweep, writing

    with terminal.status(f"{source.name}: measuring") as line, _reword_errors(source.name):
        swept = sweep.measure(source, config, lambda what: line.update(f"{source.name}: {what}"))
    with terminal.status(f"{source.name}: copying, warming up"), _reword_errors(source.name):
        bundled = writing.add_model(source, swept, folder)
    terminal.print(f"✓ {source.name} {source.version}", markup=False)
    return swept, bundled


@contextlib.contextmanager
def _reword_errors(name: str) -> Iterator[None]:
    try:
        yield
    except errors.ServingError as error:
        raise ValueError(
            f"{name} does not answer the examples of its own run: {error.text} Train it again."
        ) from error


def _show(models: Sequence["model.Bundled"], output: pathlib.Path, terminal: Console) -> None:
    columns = ["model", "MB", "batch", "threads", "wait µs", "examples/s", "p95 ms"]
    rows = [
        [
            each.name,
            f"{each.size / 1e6:.1f}",
            str(each.batching.max_batch_size),
            str(each.batching.num_batch_threads),
            str(each.batching.batch_timeout_micros),
            f"{each.throughput:.0f}",
            f"{each.p95_ms:.0f}",
        ]
        for each in models
    ]
    terminal.print(run_view.grid(columns, rows))
    terminal.print(
        "measured on this machine, through its own batching; see sweep.json", style="dim"
    )
    files = sum(path.is_file() for path in output.rglob("*"))
    run_view.print_line(terminal, f"bundle: {output}, {files} files")
    run_view.print_line(terminal, f"start:  {output / 'README.md'}")
