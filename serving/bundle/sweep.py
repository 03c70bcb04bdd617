"""Measure a model on this machine, and choose how a server should batch it.

First the bare model at growing batch sizes: the largest worthwhile batch is the
smallest that reaches nearly the best throughput. Then callers that send one
example at a time, through the server's own batching, at every combination of
threads and timeouts. In this process, without a protocol in between: the
protocols cost the same whatever the batching.

Order and defaults after TensorFlow Serving's guide, `batching/README.md`.
"""

import dataclasses
import functools
import math
import os
import pathlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from serving.batching import batcher, parameters
from serving.bundle.model import Batching, Source
from serving.execution.saved_model import SavedModelPredictor
from serving.export import warm_up_file
from serving.model import DEFAULT_SIGNATURE, Predictor
from serving.telemetry import metrics

_NEARLY_BEST = 0.95
_CALLS_PER_SIZE = 3
# As many batches may wait as are worked off in about this time; what comes then is refused.
_SECONDS_IN_QUEUE = 1.0

Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class SweepConfig:
    """How much is measured."""

    max_batch_size: int = 64
    """Largest batch that is tried, in rows; a power of two."""
    callers: int = 64
    """Callers at a time, each waiting for its answer before it asks again."""
    seconds: float = 2.0
    """How long each setting is measured."""
    batch_timeouts_micros: tuple[int, ...] = (0, 1000, 5000)
    """Timeouts tried, in microseconds."""

    def __post_init__(self) -> None:
        if self.max_batch_size < 1 or self.max_batch_size & (self.max_batch_size - 1):
            raise ValueError(
                "The largest batch size tried must be a power of two. Received: "
                f"{self.max_batch_size}."
            )
        if self.callers < 1 or not self.seconds > 0 or not self.batch_timeouts_micros:
            raise ValueError(
                "A sweep needs at least one caller, one timeout and some time. Received: "
                f"{self.callers} callers, {self.batch_timeouts_micros}, {self.seconds} s."
            )


@dataclasses.dataclass(frozen=True)
class SizeMeasured:
    """The bare model at one batch size."""

    batch_size: int
    """Rows of the batch."""
    latency_ms: float
    """Milliseconds of a call, the median."""
    examples_per_second: float
    """Rows divided by that."""


@dataclasses.dataclass(frozen=True)
class SettingMeasured:
    """All callers through one setting."""

    batching: Batching
    """The setting."""
    requests_per_second: float
    """Answers a second, over all callers."""
    p50_ms: float
    """Median latency of a request in milliseconds."""
    p95_ms: float
    """95th percentile of it."""
    p99_ms: float
    """99th percentile of it."""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What was measured of one model, and what follows."""

    machine: str
    """Where."""
    cores: int
    """Its cores that were free to use."""
    callers: int
    """Callers at a time."""
    seconds: float
    """How long each setting was measured."""
    sizes: tuple[SizeMeasured, ...]
    """The bare model, by growing batch size."""
    settings: tuple[SettingMeasured, ...]
    """Settings in the order they were tried."""
    chosen: SettingMeasured
    """The best of them."""

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dataclasses.asdict(self)


def measure(source: Source, config: SweepConfig, report: Report) -> Sweep:
    """Measure a model with its `serving_default` signature.

    Args:
        source: The model and real examples.
        config: How much is measured.
        report: Told what is being measured, in a few words.

    Raises:
        ServingError: If the model does not load or refuses the examples.
    """
    inputs = dict(source.reference[DEFAULT_SIGNATURE]["inputs"])
    predictor = SavedModelPredictor(source.folder, source.version)
    try:
        sizes = _measure_sizes(predictor, inputs, config, report)
    finally:
        predictor.close()
    allowed = _allowed_sizes(sizes)
    best_rate = max(size.examples_per_second for size in sizes)
    settings = []
    candidates = _candidates(allowed, best_rate, config)
    for number, batching in enumerate(candidates, start=1):
        report(
            f"setting {number} of {len(candidates)}: {batching.num_batch_threads} threads, "
            f"{batching.batch_timeout_micros} µs"
        )
        settings.append(_measure_setting(source, inputs, batching, config))
    return Sweep(
        machine=machine(),
        cores=_num_cpus(),
        callers=config.callers,
        seconds=config.seconds,
        sizes=tuple(sizes),
        settings=tuple(settings),
        chosen=choose(settings),
    )


def choose(settings: Sequence[SettingMeasured]) -> SettingMeasured:
    """Of the settings with nearly the best throughput, the one with the shortest tail."""
    best = max(setting.requests_per_second for setting in settings)
    good = [s for s in settings if s.requests_per_second >= _NEARLY_BEST * best]
    return min(good, key=lambda setting: setting.p95_ms)


def median_seconds(call: Callable[[], object], at_least: float) -> float:
    """Median duration of a call; the first, which may still prepare something, is not counted.

    Args:
        call: What is timed, at least three times.
        at_least: Seconds to go on for.
    """
    call()
    durations: list[float] = []
    while len(durations) < _CALLS_PER_SIZE or sum(durations) < at_least:
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return float(np.median(durations))


def machine() -> str:
    """This machine in words."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text("utf-8")
    names = [line.split(":", 1)[1].strip() for line in cpu.splitlines() if "model name" in line]
    gpus = tf.config.list_physical_devices("GPU")
    found = [tf.config.experimental.get_device_details(g).get("device_name", "GPU") for g in gpus]
    processor = names[0] if names else "unknown CPU"
    return f"{_num_cpus()} cores, {processor}, {', '.join(found) or 'no GPU'}"


def _num_cpus() -> int:
    return len(os.sched_getaffinity(0))


def _measure_sizes(
    predictor: Predictor, inputs: dict[str, np.ndarray], config: SweepConfig, report: Report
) -> list[SizeMeasured]:
    measured = []
    for size in (2**power for power in range(config.max_batch_size.bit_length())):
        report(f"batch size {size}")
        rows = warm_up_file.batch(inputs, size)
        predict = functools.partial(predictor.predict, "", rows)
        seconds = median_seconds(predict, config.seconds / 4)
        measured.append(SizeMeasured(size, round(seconds * 1000, 3), round(size / seconds, 1)))
        best = max(measured, key=lambda m: m.examples_per_second).batch_size
        if best * 4 <= size:  # Two doublings without a gain: the machine is full.
            break
    return measured


def _allowed_sizes(sizes: Sequence[SizeMeasured]) -> tuple[int, ...]:
    """Powers of two up to the smallest size with nearly the best throughput."""
    best = max(size.examples_per_second for size in sizes)
    largest = next(s.batch_size for s in sizes if s.examples_per_second >= _NEARLY_BEST * best)
    return tuple(size.batch_size for size in sizes if size.batch_size <= largest)


def _candidates(allowed: tuple[int, ...], best_rate: float, config: SweepConfig) -> list[Batching]:
    waiting = math.ceil(_SECONDS_IN_QUEUE * best_rate / allowed[-1])
    # Enough for all callers at once, who are not an overload.
    waiting = max(waiting, math.ceil(config.callers / allowed[-1]))
    return [
        Batching(allowed, timeout, threads, max(waiting, threads))
        for threads in sorted({1, _num_cpus()})
        for timeout in config.batch_timeouts_micros
    ]


def _measure_setting(
    source: Source, inputs: dict[str, np.ndarray], batching: Batching, config: SweepConfig
) -> SettingMeasured:
    batches = batcher.Batcher(
        parameters.BatchingParameters(
            max_batch_size=batching.max_batch_size, **dataclasses.asdict(batching)
        ),
        metrics.Metrics(),
    )
    try:
        predictor = SavedModelPredictor(
            source.folder,
            source.version,
            lambda session: batches.wrap(session, source.name, source.version, source.folder),
        )
        try:
            for size in batching.allowed_batch_sizes:
                predictor.predict("", warm_up_file.batch(inputs, size))
            milliseconds, seconds = _call(predictor, inputs, config)
        finally:
            predictor.close()
    finally:
        batches.close()
    p50, p95, p99 = (round(float(p), 3) for p in np.percentile(milliseconds, [50, 95, 99]))
    return SettingMeasured(batching, round(len(milliseconds) / seconds, 1), p50, p95, p99)


def _call(
    predictor: Predictor, inputs: dict[str, np.ndarray], config: SweepConfig
) -> tuple[list[float], float]:
    """Latencies in milliseconds of all callers' requests, and the seconds they took together."""
    single = [warm_up_file.row(inputs, index) for index in range(config.callers)]
    latencies: list[list[float]] = [[] for _ in single]
    errors: list[BaseException] = []
    started = time.perf_counter()
    deadline = started + config.seconds

    def ask(index: int) -> None:
        try:
            while (before := time.perf_counter()) < deadline or not latencies[index]:
                predictor.predict("", single[index])
                latencies[index].append((time.perf_counter() - before) * 1000)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(config.callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [value for values in latencies for value in values], time.perf_counter() - started
