"""Our server against the bare model and against other Python model servers, in one run.

    python -m benchmarks.serving [--load text] [--only kserve] [--quick]

Every server gets the same SavedModel, TensorFlow build and threads, and the same requests from
the same load generator. Results go to tables, charts and JSON, one folder per load.
"""

import dataclasses
import pathlib
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

import click
import numpy as np
from rich.console import Console

from benchmarks.serving.peers import installing, open_inference
from benchmarks.serving.peers.installing import Peer
from pipeline.commands import bench
from pipeline.reports import bench as bench_report
from serving.load import bare, examples, grid, payloads, server
from serving.load.bare import BareResult
from serving.load.examples import Examples
from serving.load.grid import Grid, Measurement
from serving.load.job import Target
from serving.load.payloads import Payloads
from serving.repository import storage

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = "maru"
_PEERS = {peer.name: peer for peer in installing.PEERS}
_NUM_ROWS = 32

Progress = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Load:
    """A model, what it is asked, and how."""

    name: str
    """On the command line, and of the served model."""
    title: str
    """In charts."""
    base_path: pathlib.Path
    """Folder of the model's versions."""
    examples: Examples
    """What to ask."""
    max_batch_size: int
    """Rows of a full batch, for every server that batches and for the limit."""
    grid: Grid
    """Callers and seconds."""


@click.command()
@click.option("--load", "names", multiple=True, type=click.Choice(["text", "trivial", "images"]))
@click.option("--only", multiple=True, type=click.Choice([OURS, *_PEERS]), help="Repeatable.")
@click.option("--quick", is_flag=True, help="A second per measurement, for a first look.")
@click.option("--model", default="library_docs", show_default=True, help="Text model.")
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace"),
    show_default=True,
    help="Where the text model was pushed to.",
)
def main(
    names: tuple[str, ...],
    only: tuple[str, ...],
    quick: bool,
    model: str,
    workspace: pathlib.Path,
) -> None:
    """Measure, print, write."""
    terminal = Console(highlight=False)

    def progress(text: str) -> None:
        terminal.print(text, style="dim", markup=False)

    folder = pathlib.Path("workspace/benchmarks").resolve()
    wanted = only or (OURS, *_PEERS)
    found = {
        name: installing.python_of(_PEERS[name], folder / "peers", progress)
        for name in wanted
        if name in _PEERS
    }
    for name in names or ("text", "trivial"):
        load = _load(name, model, workspace.resolve(), folder / "models", quick)
        progress(load.title)
        before = _bare(load, progress)
        load = dataclasses.replace(load, examples=before.examples)
        rows = _rows_of_ours(load, folder, progress) if OURS in wanted else []
        for peer, python in found.items():
            rows += _rows_of_peer(_PEERS[peer], python, load, folder, progress)
        after = _bare(load, progress)
        _tell(load, rows, [before, after], folder / "serving" / name, terminal)


def _load(
    name: str, model: str, workspace: pathlib.Path, folder: pathlib.Path, quick: bool
) -> Load:
    if name == "text":
        kept = sorted(workspace.glob(f"runs/{model}/artifacts/Trainer/model_run/*/reference.npz"))
        base_path = workspace / "served" / model
        if not kept or not storage.find_versions(base_path):
            raise click.UsageError(
                f"{workspace} has no pushed model {model}. Run `maru run configs/{model}.yaml`."
            )
        asked = examples.from_reference(kept[-1])
        title = f"{model}: one text per request"
        return Load(name, title, base_path, asked, 32, Grid(seconds=1 if quick else 7))
    if not (folder / name / "1").is_dir():
        subprocess.run(
            [sys.executable, "-m", "benchmarks.serving.models", str(folder)], check=True, cwd=ROOT
        )
    rng = np.random.default_rng(0)
    seconds = 1 if quick else 2
    if name == "trivial":
        inputs = {"x": rng.normal(size=_NUM_ROWS).astype(np.float32)}
        title = "x / 2 + 2, one number per request: the servers' own cost"
        return Load(name, title, folder / name, Examples(inputs, {}), 64, Grid(seconds=seconds))
    inputs = {"image": rng.random((4, 224, 224, 3), np.float32)}
    title = "one image of 224 x 224 x 3 float32 per request"
    return Load(name, title, folder / name, Examples(inputs, {}), 8, Grid((1, 8), seconds))


def _bare(load: Load, progress: Progress) -> BareResult:
    versions = storage.find_versions(load.base_path)
    sizes = sorted({1, load.max_batch_size})
    job = bare.BareJob(
        versions[max(versions)], load.examples, sizes, seconds=min(load.grid.seconds, 5)
    )
    result = bare.measure(job)
    progress(
        f"without a server: {result.call_ms():.2f} ms for one row, "
        f"{result.limit(load.max_batch_size):.1f} rows/s in batches of {load.max_batch_size}"
    )
    return result


def _rows_of_ours(load: Load, folder: pathlib.Path, progress: Progress) -> list[Measurement]:
    rows = []
    bodies = {"grpc": payloads.grpc(load.examples, load.name), "rest": payloads.rest(load.examples)}
    settings = {"Maru": None, "Maru, batching": bench.batching(load.max_batch_size)}
    for title, batching in settings.items():
        place = folder / "logs" / load.name / title
        with server.serve(load.name, load.base_path, place, batching) as running:
            targets = {"grpc": running.grpc(), "rest": running.rest(load.name)}
            asked = {protocol: (targets[protocol], bodies[protocol]) for protocol in bodies}
            rows += grid.run(title, asked, load.grid, lambda r: progress(bench_report.words(r)))
    return rows


def _rows_of_peer(
    peer: Peer, python: str, load: Load, folder: pathlib.Path, progress: Progress
) -> list[Measurement]:
    rows = []
    settings = {peer.title: peer.no_batching}
    if peer.has_batching:
        settings[f"{peer.title}, batching"] = load.max_batch_size
    for title, num_rows in settings.items():
        place = folder / "logs" / load.name / title
        place.mkdir(parents=True, exist_ok=True)
        rest_port, grpc_port = server.free_ports(2)
        arguments = [load.name, load.base_path, rest_port, grpc_port, num_rows]
        command = [python, "-m", peer.module, *map(str, arguments)]
        ports = {"rest": rest_port, "grpc": grpc_port}
        waited = [ports[protocol] for protocol in peer.protocols]
        with server.running(command, place / "server.log", waited, ROOT) as pid:
            asked = _asked(peer, load, ports, pid)
            rows += grid.run(title, asked, load.grid, lambda r: progress(bench_report.words(r)))
    return rows


def _asked(
    peer: Peer, load: Load, ports: Mapping[str, int], pid: int
) -> dict[str, tuple[Target, Payloads]]:
    asked = {}
    if "grpc" in peer.protocols:
        target = Target("grpc", "127.0.0.1", ports["grpc"], open_inference.GRPC_PATH, pid)
        asked["grpc"] = target, open_inference.grpc(load.examples, load.name)
    path = f"/v1/models/{load.name}:predict"
    bodies = payloads.rest(load.examples)
    if peer.is_open_inference:
        path, bodies = f"/v2/models/{load.name}/infer", open_inference.rest(load.examples)
    asked["rest"] = Target("rest", "127.0.0.1", ports["rest"], path, pid), bodies
    return asked


def _tell(
    load: Load,
    rows: Sequence[Measurement],
    bares: Sequence[BareResult],
    folder: pathlib.Path,
    terminal: Console,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    limits = [bench_report.limit(bare, load.max_batch_size) for bare in bares]
    limit = bench_report.Limit(
        sum(each.rows_per_second for each in limits) / len(limits),
        load.max_batch_size,
        sum(each.call_ms for each in limits) / len(limits),
    )
    notes = [
        "The limit is the mean of a measurement before all servers and one after them: "
        + " and ".join(f"{each.rows_per_second:.1f} rows/s" for each in limits)
        + ".",
        "The load generator runs on the same processors; its share is in the JSON.",
    ]
    title = f"{load.title}; {bench.machine_words()}"
    terminal.print(bench_report.table(rows, limit))
    more = {"limits": [dataclasses.asdict(each) for each in limits]}
    for path in bench.write(folder, title, rows, limit, notes, more):
        terminal.print(str(path), markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
