"""Tests of serving/telemetry/request_metrics.py."""

import pytest

from serving import errors
from serving.telemetry.request_metrics import UNRECORDED, RequestMetrics


class Recorded:
    """Remembers names, values and labels."""

    def __init__(self):
        self.events = []

    def increment(self, name, amount=1, **labels):
        self.events.append((name, amount, labels))

    observe = increment


def test_times_are_microseconds_of_what_succeeds():
    recorded = Recorded()
    with RequestMetrics(recorded, "REST").request("m", "predict"):
        pass
    (latency, microseconds, labels), count = recorded.events
    assert latency == "/tensorflow/serving/request_latency"
    assert 0 < microseconds < 60e6
    assert labels == {"model_name": "m", "API": "predict", "entrypoint": "REST"}
    assert count == ("/tensorflow/serving/request_count", 1, {"model_name": "m", "status": "OK"})


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.not_found("no"), "NOT_FOUND"), (ZeroDivisionError(), "INTERNAL")],
)
def test_failures_are_counted_and_not_timed(error, status):
    recorded = Recorded()
    with pytest.raises(type(error)), RequestMetrics(recorded).request("m", "Predict"):
        raise error
    [(name, amount, labels)] = recorded.events
    assert (name, amount) == ("/tensorflow/serving/request_count", 1)
    assert labels == {"model_name": "m", "status": status}


def test_a_failed_run_of_the_model_is_not_timed():
    recorded = Recorded()
    with pytest.raises(ZeroDivisionError), RequestMetrics(recorded).runtime("m", "Predict"):
        raise ZeroDivisionError
    assert recorded.events == []


def test_without_metrics_requests_and_errors_go_through_unrecorded():
    seen = []
    with UNRECORDED.request("m", "Predict"), UNRECORDED.runtime("m", "Predict"):
        UNRECORDED.examples("m", 3)
        seen.append("answered")
    with pytest.raises(ZeroDivisionError), UNRECORDED.request("m", "Predict"):
        raise ZeroDivisionError
    assert seen == ["answered"]
    assert UNRECORDED.metrics is None
