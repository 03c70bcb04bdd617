"""`python -m serving.load.bare_process`: a pickled `BareJob` in, a pickled `BareResult` out."""

import dataclasses
import os
import threading
import time
from collections.abc import Mapping

import numpy as np

from serving import process, ragged
from serving.load import child, examples, processes
from serving.load.bare import BareJob, BareRate, BareResult
from serving.load.examples import Examples
from serving.model import Predictor, Signature

_WARM_UP_CALLS = 3


def measure(job: BareJob) -> BareResult:
    """Load the model, answer the examples, time the calls."""
    process.skip_keras()
    from serving.execution import saved_model

    predictor = saved_model.SavedModelPredictor(job.model_dir)
    asked = job.examples
    if asked is None:
        asked = _made_up(predictor.signatures, job.num_synthetic)
    outputs = _outputs(predictor, asked)
    rates = [
        _rate(predictor, asked, size, callers, job.seconds)
        for size in job.batch_sizes
        for callers in job.callers
    ]
    memory = processes.memory_bytes(os.getpid()) / 2**20
    answered = dataclasses.replace(asked, outputs=outputs)
    return BareResult(answered, job.examples is None, rates, memory)


def _made_up(signatures: Mapping[str, Signature], num_rows: int) -> Examples:
    if "serving_default" not in signatures:
        raise ValueError(f"There is no signature serving_default. Signatures: {list(signatures)}")
    return examples.synthetic(
        signatures["serving_default"].inputs, num_rows, np.random.default_rng(0)
    )


def _outputs(predictor: Predictor, asked: Examples) -> dict[str, np.ndarray]:
    """Row by row, as an answer without batching is computed."""
    rows = [
        predictor.predict(asked.signature, asked.rows(row, row + 1))
        for row in range(asked.num_rows)
    ]
    return ragged.concatenate(rows)


def _rate(
    predictor: Predictor, asked: Examples, batch_size: int, callers: int, seconds: float
) -> BareRate:
    batches = [
        asked.rows(start, start + batch_size)
        for start in range(0, max(asked.num_rows, batch_size), batch_size)
    ]
    times: list[float] = []
    for batch in batches[:_WARM_UP_CALLS]:
        predictor.predict(asked.signature, batch)
    started = time.perf_counter()

    def call_until_the_end(turn: int) -> None:
        before = time.perf_counter()
        while before < started + seconds:
            predictor.predict(asked.signature, batches[turn % len(batches)])
            turn += 1
            now = time.perf_counter()
            times.append(now - before)
            before = now

    threads = [threading.Thread(target=call_until_the_end, args=(n,)) for n in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    rows_per_second = len(times) * batch_size / elapsed
    return BareRate(batch_size, callers, rows_per_second, 1000 * float(np.median(times)))


if __name__ == "__main__":
    child.answer(measure)
