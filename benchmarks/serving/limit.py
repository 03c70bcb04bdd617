"""Maru's server against the bare SavedModel, in pairs that follow each other.

    .venv/bin/python -m benchmarks.serving.limit --model library_docs --rounds 4

A machine's speed drifts by more than what is measured here, so each measurement of the server is
divided by the bare calls right before and right after it. Prints one line per pair, then the
median of the shares and, for one caller, what the server adds to a call.
"""

from __future__ import annotations

import pathlib
import statistics
import tempfile
import time

import click

from serving import process
from serving.batching.parameters import BatchingParameters
from serving.load import examples, measuring, payloads, server
from serving.load.examples import Examples
from serving.load.job import Target
from serving.load.payloads import Payloads
from serving.model import Predictor
from serving.repository import storage

BATCH = 32
"""Rows of a full batch, half as many as there are callers."""
CALLERS = 64
BATCHING = BatchingParameters(
    max_batch_size=BATCH, batch_timeout_micros=0, num_batch_threads=1, max_enqueued_batches=100
)


def _full(predictor: Predictor, examples: Examples, seconds: float) -> float:
    """Rows per second of full batches, one after another."""
    batch = examples.rows(0, BATCH)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        predictor.predict(examples.signature, batch)
        count += BATCH
    return count / (time.perf_counter() - started)


def _alone(predictor: Predictor, examples: Examples, seconds: float) -> float:
    """Median milliseconds of a call with one row."""
    times, started = [], time.perf_counter()
    while time.perf_counter() - started < seconds:
        row = examples.rows(len(times) % examples.num_rows, len(times) % examples.num_rows + 1)
        began = time.perf_counter()
        predictor.predict(examples.signature, row)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _pair(
    predictor: Predictor, examples: Examples, target: Target, bodies: Payloads, seconds: float
) -> tuple[float, float]:
    """Share of the bare batches' rate at many callers, and milliseconds added for one caller."""
    before = _full(predictor, examples, seconds / 2)
    many = measuring.measure(target, bodies.bodies, CALLERS, seconds, check=bodies.check)
    after = _full(predictor, examples, seconds / 2)
    bare = _alone(predictor, examples, seconds / 4)
    one = measuring.measure(target, bodies.bodies, 1, seconds / 2, 0.3, check=bodies.check)
    bare = (bare + _alone(predictor, examples, seconds / 4)) / 2
    if not (many.is_clean and one.is_clean and one.p50_ms):
        raise click.ClickException(f"Wrong or missing answers: {many} {one}")
    return many.requests_per_second / ((before + after) / 2), one.p50_ms - bare


@click.command()
@click.option("--model", default="library_docs", show_default=True, help="Pushed model.")
@click.option("--workspace", type=click.Path(path_type=pathlib.Path), default="workspace")
@click.option("--rounds", default=4, show_default=True)
@click.option("--seconds", default=6.0, show_default=True, help="Of each measurement.")
def main(model: str, workspace: pathlib.Path, rounds: int, seconds: float) -> None:
    """Measure and print."""
    process.skip_keras()
    from serving.execution.saved_model import SavedModelPredictor

    base_path = workspace / "served" / model
    newest = storage.find_versions(base_path)
    kept = sorted(workspace.glob(f"runs/{model}/artifacts/Trainer/model_run/*/reference.npz"))
    rows = examples.from_reference(kept[-1])
    predictor = SavedModelPredictor(newest[max(newest)])
    bodies = {"gRPC": payloads.grpc(rows, model), "REST": payloads.rest(rows)}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in bodies}
    with (
        tempfile.TemporaryDirectory() as folder,
        server.serve(model, base_path, pathlib.Path(folder), BATCHING) as running,
    ):
        targets = {"gRPC": running.grpc(), "REST": running.rest(model)}
        for name in [name for _ in range(rounds) for name in bodies]:
            found[name].append(_pair(predictor, rows, targets[name], bodies[name], seconds))
            share, added = found[name][-1]
            click.echo(f"{name}: {share:.2f} of the limit, {added:+.2f} ms for one caller")
    for name, pairs in found.items():
        share, added = (statistics.median(column) for column in zip(*pairs, strict=True))
        click.echo(f"{name}, median of {rounds}: {share:.2f}, {added:+.2f} ms")


if __name__ == "__main__":
    main()
