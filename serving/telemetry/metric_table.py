"""The metrics of the server: TensorFlow Serving's, with its names, labels and bounds, then ours.

Sources: TensorFlow Serving, `servables/tensorflow/util.cc`,
`saved_model_warmup_util.cc`, `core/request_logger.cc`,
`batching/batching_session.cc` and `batching/batching_util.h`.
"""

import dataclasses
from collections.abc import Sequence

_SERVING = "/tensorflow/serving"
_BATCHING = f"{_SERVING}/batching_session"


@dataclasses.dataclass(frozen=True)
class Metric:
    """One line of the table."""

    name: str
    """Path, as TensorFlow Serving writes it in its source."""
    kind: str
    """`counter`, `gauge` or `histogram`."""
    labels: tuple[str, ...]
    """Names of the labels, in the order they are shown."""
    help: str
    """What is counted, and its unit."""
    bounds: Sequence[float] = ()
    """Of a histogram, where a bucket ends and the next begins; the last one has no end."""


def _exponential(scale: float, growth: float, count: int) -> tuple[float, ...]:
    return tuple(scale * growth**power for power in range(count))


_TO_TWENTY_MINUTES = _exponential(10, 1.8, 33)
_BATCH_SIZES = _exponential(1, 2, 14)

METRICS: tuple[Metric, ...] = (
    Metric(
        f"{_SERVING}/request_count",
        "counter",
        ("model_name", "status"),
        "The total number of requests.",
    ),
    Metric(
        f"{_SERVING}/request_latency",
        "histogram",
        ("model_name", "API", "entrypoint"),
        "Distribution of wall time (in microseconds) for Tensorflow Serving request.",
        _TO_TWENTY_MINUTES,
    ),
    Metric(
        f"{_SERVING}/runtime_latency",
        "histogram",
        ("model_name", "API", "runtime"),
        "Distribution of wall time (in microseconds) for Tensorflow runtime.",
        _TO_TWENTY_MINUTES,
    ),
    Metric(
        f"{_SERVING}/request_example_counts",
        "histogram",
        ("model",),
        "The number of tensorflow.Examples per request.",
        _exponential(1, 2, 15),
    ),
    Metric(
        f"{_SERVING}/request_example_count_total",
        "counter",
        ("model",),
        "The total number of tensorflow.Examples.",
    ),
    Metric(
        f"{_SERVING}/request_log_count",
        "counter",
        ("model_name", "status_code"),
        "The total number of requests logged from the model server sliced down by model_name and "
        "status code.",
    ),
    Metric(
        f"{_SERVING}/model_warmup_latency",
        "histogram",
        ("model_path", "status"),
        "Distribution of wall time (in microseconds) for warming up the model.",
        _TO_TWENTY_MINUTES,
    ),
    Metric(
        f"{_SERVING}/model_warmup_records_read",
        "counter",
        ("model_path", "status"),
        "Total number of warmup records read during model warmup.",
    ),
    Metric(
        f"{_BATCHING}/queuing_latency",
        "histogram",
        ("thread_pool_name",),
        "Distribution of wall time spent (in microseconds) in queuing",
        _exponential(100, 1.2, 52),
    ),
    Metric(
        f"{_BATCHING}/wrapped_run_count",
        "counter",
        (),
        "Total count of run calls on the wrapped session",
    ),
    Metric(
        f"{_BATCHING}/padding_size",
        "histogram",
        ("execution_batch_size",),
        "Tracks the padding size distribution on batches.",
        _BATCH_SIZES,
    ),
    Metric(
        f"{_BATCHING}/input_batch_size",
        "histogram",
        (),
        "Tracks the batch size distribution on the inputs.",
        _BATCH_SIZES,
    ),
    Metric(
        f"{_BATCHING}/processed_batch_size",
        "histogram",
        (),
        "Tracks the batch size distribution on processing.",
        _BATCH_SIZES,
    ),
    Metric(
        "/maru/serving/requests_in_progress",
        "gauge",
        ("entrypoint",),
        "Requests that were accepted and not answered yet.",
    ),
    Metric(
        "/maru/serving/requests_refused",
        "counter",
        ("entrypoint", "reason"),
        "Requests refused before any model was asked: too many, too large, no token.",
    ),
    Metric(
        "/maru/serving/model_version_state",
        "gauge",
        ("model_name", "version", "state"),
        "1 for the state that a version is in.",
    ),
)
"""Every metric; a name, or a label, that is not here cannot be recorded."""
