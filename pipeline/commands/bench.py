"""What `maru bench` does: how fast a pushed model answers, and what its server costs."""

import contextlib
import dataclasses
import json
import os
import pathlib
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console

from pipeline import artifact_files, paths, pushed_models
from pipeline.reports import bench as bench_report
from pipeline.runtime import logs
from serving import client
from serving.batching.parameters import BatchingParameters
from serving.client import address
from serving.export import description, request_form
from serving.load import bare, child, examples, grid, measuring, payloads, server
from serving.load.bare import BareResult
from serving.load.examples import Examples
from serving.load.grid import Grid, Measurement
from serving.load.job import Target
from serving.load.payloads import Payloads
from serving.repository import storage

_NUM_SYNTHETIC = 64
_MAX_ENQUEUED_BATCHES = 100
# An export's own warm-up requests may be larger than the batches that are asked for, and a server
# then refuses the model; every load is warmed up here anyway.
_FLAGS = ("--enable_model_warmup=false",)
_REMEDY = (
    "Train one with `maru run CONFIG`, or give the address of a server that has it with --server."
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One run of the command."""

    rows: Sequence[Measurement]
    """What was measured."""
    limit: bench_report.Limit | None
    """The same model without a server; None if it is not on this machine."""
    notes: Sequence[str]
    """What a reader of the figures must know."""
    files: Sequence[pathlib.Path]
    """Table, chart and JSON."""


def bench(
    name: str,
    workspace: pathlib.Path,
    addresses: Sequence[str],
    load: Grid,
    max_batch_size: int,
    progress: Callable[[str], None],
) -> Outcome:
    """Measure our server on a pushed model, or running servers.

    Args:
        name: Model.
        workspace: Where it was pushed to.
        addresses: Running servers, `host:port` (REST) or `grpc://host:port`; none starts ours.
        load: Callers and seconds.
        max_batch_size: Rows of a full batch: of ours with batching, and of the limit.
        progress: Told every step in words.

    Raises:
        ValueError: If there is no such model, or a server cannot be started or asked.
    """
    where = paths.Paths(paths.workspace(workspace), name)
    if not addresses:
        pushed_models.newest(where, _REMEDY)
    folder = _folder(where)
    folder.mkdir(parents=True, exist_ok=True)
    with _reword_errors():
        kept, origin = _examples(where)
        limit = _limit(where, kept, max_batch_size, load.seconds, progress)
        notes = _notes(origin, limit, max_batch_size)
        sample = kept or (limit.examples if limit else _remote(name, addresses))
        if limit is not None:
            sample = dataclasses.replace(sample, outputs=limit.examples.outputs)
        if addresses:
            rows = _measure_running(name, addresses, sample, load, progress)
        else:
            rows = _measure_ours(name, where.served, sample, load, max_batch_size, folder, progress)
    against = None if limit is None else bench_report.limit(limit, max_batch_size)
    files = write(folder, f"{name}: {machine_words()}", rows, against, notes)
    return Outcome(rows, against, notes, files)


def run(
    name: str,
    workspace: pathlib.Path,
    addresses: Sequence[str],
    callers: Sequence[int],
    seconds: float,
    max_batch_size: int,
) -> None:
    """Measure and show it in the terminal; see `bench`.

    Args:
        name: Model.
        workspace: Where it was pushed to.
        addresses: Running servers; none starts ours.
        callers: Numbers of callers.
        seconds: Measured window of each load.
        max_batch_size: Rows of a full batch.
    """
    where = paths.Paths(paths.workspace(workspace), name)
    load = Grid(callers, seconds)
    if not addresses:
        pushed_models.newest(where, _REMEDY)  # Before there is a folder of a misspelled name.
    with logs.to_file(_folder(where) / "bench.log") as stream:
        terminal = Console(file=stream, highlight=False)

        def progress(text: str) -> None:
            terminal.print(text, style="dim", markup=False)

        outcome = bench(name, workspace, addresses, load, max_batch_size, progress)
        terminal.print(bench_report.table(outcome.rows, outcome.limit))
        for note in outcome.notes:
            terminal.print(note, markup=False)
        terminal.print("\n".join(["", *map(str, outcome.files)]), markup=False, soft_wrap=True)


def _folder(where: paths.Paths) -> pathlib.Path:
    return where.workspace / "benchmarks" / where.name


def write(
    folder: pathlib.Path,
    title: str,
    rows: Sequence[Measurement],
    limit: bench_report.Limit | None,
    notes: Sequence[str],
    more: Mapping[str, Any] | None = None,
) -> list[pathlib.Path]:
    """Write `bench.json`, `bench.md` and `bench.png`.

    Args:
        folder: Where to.
        title: Of the chart.
        rows: What was measured.
        limit: The same model without a server.
        notes: What a reader of the figures must know.
        more: Further entries of the JSON.
    """
    data, table, chart = files = [folder / f"bench.{kind}" for kind in ("json", "md", "png")]
    content = {
        **{"title": title, "notes": list(notes), "machine": _machine()},
        **bench_report.as_json(rows, limit),
        **(more or {}),
    }
    data.write_text(json.dumps(content, indent=1), encoding="utf-8")
    lines = [f"# {title}\n\n", bench_report.markdown(rows, limit), "\n"]
    table.write_text("".join([*lines, *(f"- {note}\n" for note in notes)]), encoding="utf-8")
    bench_report.draw(title, rows, limit, chart)
    return files


def machine_words() -> str:
    """Processors and load of this machine, for a title."""
    return f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}"


def batching(max_batch_size: int) -> BatchingParameters:
    """What suits one machine without a GPU.

    One batch at a time has all processors, and what arrives meanwhile is the next; so nobody
    waits on purpose.

    Args:
        max_batch_size: Rows.
    """
    return BatchingParameters(
        max_batch_size=max_batch_size,
        batch_timeout_micros=0,
        num_batch_threads=1,
        max_enqueued_batches=_MAX_ENQUEUED_BATCHES,
    )


def _examples(where: paths.Paths) -> tuple[Examples | None, str]:
    """Real examples and where they are from: of the newest run that kept some, or of the export.

    None of a model of others, whose inputs are made up.
    """
    kept = where.artifacts.glob(f"Trainer/model_run/*/{artifact_files.REFERENCE}")
    newest = max(kept, key=lambda path: path.stat().st_mtime, default=None)
    if newest:
        return examples.from_reference(newest), ""
    versions = storage.find_versions(where.served)
    described = description.read(versions[max(versions)]) if versions else None
    if described is None:
        return None, "There is no run of this model here: the inputs are made up."
    asked = Examples(request_form.arrays(described.examples), {})
    count = len(described.examples)
    return asked, f"There is no run of this model here: the inputs are {count} kept by the export."


def _limit(
    where: paths.Paths,
    kept: Examples | None,
    max_batch_size: int,
    seconds: float,
    progress: Callable[[str], None],
) -> BareResult | None:
    versions = storage.find_versions(where.served)
    if not versions:
        return None
    progress("calling the model without a server")
    sizes = sorted({1, max_batch_size})
    result = bare.measure(bare.BareJob(versions[max(versions)], kept, sizes, seconds=seconds))
    progress(
        f"without a server: {result.call_ms():.2f} ms for one row, "
        f"{result.limit(max_batch_size):.1f} rows/s in batches of {max_batch_size}"
    )
    return result


def _notes(origin: str, limit: BareResult | None, max_batch_size: int) -> list[str]:
    notes = [
        "The load generator is a process on this machine; its share of the processors is in the "
        "JSON as generator_cpus.",
        f"The limit is the model called in batches of {max_batch_size} without a server.",
        "REST is asked by rows (instances) and by columns (inputs) in turn.",
    ]
    if origin:
        notes.append(origin)
    if limit is None:
        notes[1] = "The model is not in this workspace: there is no limit, and answers are "
        notes[1] += "compared only with those of a run."
    return notes


def _measure_ours(
    name: str,
    base_path: pathlib.Path,
    sample: Examples,
    load: Grid,
    max_batch_size: int,
    folder: pathlib.Path,
    progress: Callable[[str], None],
) -> list[Measurement]:
    rows = []
    bodies = {"grpc": payloads.grpc(sample, name), "rest": _rest(sample)}
    for title, settings in {"Maru": None, "Maru, batching": batching(max_batch_size)}.items():
        progress(f"starting {title}")
        with server.serve(name, base_path, folder, settings, _FLAGS) as running:
            targets = {"grpc": running.grpc(), "rest": running.rest(name)}
            both = {protocol: (targets[protocol], bodies[protocol]) for protocol in targets}
            rows += grid.run(title, both, load, lambda row: progress(bench_report.words(row)))
    return rows


def _measure_running(
    name: str,
    addresses: Sequence[str],
    sample: Examples,
    load: Grid,
    progress: Callable[[str], None],
) -> list[Measurement]:
    rows = []
    for text in addresses:
        where = address.parse(text)
        if where.is_secure or not where.port:
            raise ValueError(f"Only plain TCP can be measured. Received: {text!r}")
        both: dict[str, tuple[Target, Payloads]] = {}
        if where.is_grpc:
            both["grpc"] = Target("grpc", where.host, where.port), payloads.grpc(sample, name)
        else:
            path = f"{where.prefix}/v1/models/{name}:predict"
            both["rest"] = Target("rest", where.host, where.port, path), _rest(sample)
        rows += grid.run(where.target, both, load, lambda row: progress(bench_report.words(row)))
    return rows


def _rest(sample: Examples) -> Payloads:
    """Requests in both forms."""
    return payloads.in_turn(payloads.rest(sample), payloads.rest_columns(sample))


def _remote(name: str, addresses: Sequence[str]) -> Examples:
    """Made-up examples for the signature that a server tells."""
    with client.Client(addresses[0]) as remote:
        signatures = remote.signatures(name)
    if "serving_default" not in signatures:
        raise ValueError(f"{name} has no signature serving_default, but {sorted(signatures)}.")
    rng = np.random.default_rng(0)
    return examples.synthetic(signatures["serving_default"].inputs, _NUM_SYNTHETIC, rng)


def _machine() -> dict[str, Any]:
    return {
        "processors": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "load_average_at_end": os.getloadavg(),
    }


@contextlib.contextmanager
def _reword_errors() -> Iterator[None]:
    """What went wrong outside this process, as an error that is shown without a traceback."""
    try:
        yield
    except (
        child.ChildError,
        client.ClientError,
        measuring.LoadError,
        server.StartError,
    ) as error:
        raise ValueError(str(error)) from error
