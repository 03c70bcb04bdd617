"""What is counted and timed of every request, under TensorFlow Serving's names.

Source: TensorFlow Serving, `servables/tensorflow/util.cc` (the metrics),
`model_servers/prediction_service_impl.cc` and `http_server.cc` (when they move).
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from typing import Protocol

from serving import errors

_REQUEST_COUNT = "/tensorflow/serving/request_count"
_REQUEST_LATENCY = "/tensorflow/serving/request_latency"
_RUNTIME_LATENCY = "/tensorflow/serving/runtime_latency"
_EXAMPLE_COUNTS = "/tensorflow/serving/request_example_counts"
_EXAMPLE_COUNT_TOTAL = "/tensorflow/serving/request_example_count_total"


class Metrics(Protocol):
    """Where figures go; `serving.telemetry.metrics.Metrics` is one."""

    def increment(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""


@dataclasses.dataclass(frozen=True)
class RequestMetrics:
    """Records the requests of one protocol."""

    metrics: Metrics | None = None
    """Where the figures go; None records nothing."""
    entrypoint: str = "GRPC"
    """`GRPC` or `REST`."""

    @contextlib.contextmanager
    def request(self, model_name: str, api: str) -> Iterator[None]:
        """Count one request by its outcome, and time it if it succeeds.

        Args:
            model_name: As the client wrote it.
            api: `Predict`, `Classify` or `Regress`; over REST the verb of the path.
        """
        start = time.perf_counter()
        code = "INTERNAL"
        try:
            yield
            code = "OK"
        except errors.ServingError as error:
            code = error.code
            raise
        finally:
            self._count(model_name, api, code, start)

    @contextlib.contextmanager
    def runtime(self, model_name: str, api: str) -> Iterator[None]:
        """Time one successful run of the model."""
        start = time.perf_counter()
        yield
        if self.metrics is not None:
            self.metrics.observe(
                _RUNTIME_LATENCY,
                _microseconds(start),
                model_name=model_name,
                API=api,
                runtime="TF1",
            )

    def examples(self, model_name: str, count: int) -> None:
        """Record how many examples a request carried."""
        if self.metrics is not None:
            self.metrics.observe(_EXAMPLE_COUNTS, count, model=model_name)
            self.metrics.increment(_EXAMPLE_COUNT_TOTAL, count, model=model_name)

    def _count(self, model_name: str, api: str, code: str, start: float) -> None:
        if self.metrics is None:
            return
        if code == "OK":
            self.metrics.observe(
                _REQUEST_LATENCY,
                _microseconds(start),
                model_name=model_name,
                API=api,
                entrypoint=self.entrypoint,
            )
        self.metrics.increment(_REQUEST_COUNT, model_name=model_name, status=code)


UNRECORDED = RequestMetrics()
"""Records nothing."""


def _microseconds(start: float) -> float:
    return (time.perf_counter() - start) * 1e6
