"""Counters, gauges and histograms of the server, and the page that Prometheus reads.

The page is TensorFlow Serving's: its names, labels, bounds and order. Two
differences: a `# HELP` line per metric, and sums of all their digits (six
digits, as there, would hide a request from a sum of many). Source: TensorFlow
Serving, `util/prometheus_exporter.cc`.
"""

import bisect
import re
import threading
from collections.abc import Iterator, Mapping, Sequence

from serving.telemetry.metric_table import METRICS, Metric

_MOST_CELLS = 10_000
"""Per metric. The name of a model is what a client wrote: nobody may fill the memory with names."""
_OVERFLOW = "(other)"

_Labels = tuple[str, ...]


class _Cell:
    """One combination of labels."""

    __slots__ = ("buckets", "value")

    def __init__(self, num_buckets: int):
        self.value: float = 0  # Of a histogram the sum.
        self.buckets = [0] * num_buckets


class _Family:
    """One metric with all its cells."""

    def __init__(self, metric: Metric):
        self.metric = metric
        self.cells: dict[_Labels, _Cell] = {}
        self._num_labels = len(metric.labels)
        self._num_buckets = len(metric.bounds) + 1 if metric.kind == "histogram" else 0

    def cell(self, labels: Mapping[str, str]) -> _Cell:
        names = self.metric.labels
        try:
            key = tuple([labels[name] for name in names])
        except KeyError:
            key = ()
        if len(key) != len(labels) or len(key) != self._num_labels:
            raise ValueError(
                f"{self.metric.name} has the labels {list(names)}. Received: {list(labels)}"
            )
        cell = self.cells.get(key)
        return cell if cell is not None else self._new_cell(key)

    def _new_cell(self, key: _Labels) -> _Cell:
        if key and len(self.cells) >= _MOST_CELLS:
            key = (_OVERFLOW,) * self._num_labels
        return self.cells.setdefault(key, _Cell(self._num_buckets))


class Metrics:
    """The figures of one server; any thread may write and read.

    Args:
        metrics: What can be recorded.
    """

    def __init__(self, metrics: Sequence[Metric] = METRICS):
        self._families = {metric.name: _Family(metric) for metric in metrics}
        self._lock = threading.Lock()

    def increment(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter or a gauge.

        Args:
            name: A name of the table, such as `/tensorflow/serving/request_count`.
            amount: At least 0 for a counter.
            **labels: A value for each label of the metric.

        Raises:
            ValueError: If there is no such metric, or it has other labels.
        """
        family = self._family(name)
        with self._lock:
            family.cell(labels).value += amount

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram.

        Args:
            name: A name of the table.
            value: In the unit that the table tells.
            **labels: A value for each label of the metric.

        Raises:
            ValueError: If there is no such metric, or it has other labels.
        """
        family = self._family(name)
        # As in TensorFlow, a value on a bound belongs to the bucket above it.
        bucket = bisect.bisect_right(family.metric.bounds, value)
        with self._lock:
            cell = family.cell(labels)
            cell.value += value
            cell.buckets[bucket] += 1

    def replace(self, name: str, values: Mapping[_Labels, float]) -> None:
        """Set all of a gauge at once, and forget what it showed before.

        Args:
            name: A name of the table.
            values: By the values of the labels, in the table's order.

        Raises:
            ValueError: If there is no such metric.
        """
        family = self._family(name)
        cells = {labels: _Cell(0) for labels in values}
        for labels, cell in cells.items():
            cell.value = values[labels]
        with self._lock:
            family.cells = cells

    def value(self, name: str) -> int | None:
        """A counter's sum over its labels; None if there is no counter of that name."""
        family = self._families.get(name)
        if family is None or family.metric.kind != "counter":
            return None
        with self._lock:
            return int(sum(cell.value for cell in family.cells.values()))

    def to_prometheus(self) -> bytes:
        """The page, in Prometheus's text format."""
        lines: list[str] = []
        for name in sorted(self._families):
            family = self._families[name]
            with self._lock:
                cells = [(key, cell.value, cell.buckets[:]) for key, cell in family.cells.items()]
            lines += _header(family.metric)
            for key, value, buckets in sorted(cells):
                lines += _lines(family.metric, key, value, buckets)
        return ("\n".join(lines) + "\n").encode()

    def _family(self, name: str) -> _Family:
        try:
            return self._families[name]
        except KeyError:
            raise ValueError(
                f"There is no metric {name!r}. Known: {sorted(self._families)}"
            ) from None


def _header(metric: Metric) -> Iterator[str]:
    name = _metric_name(metric.name)
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"


def _lines(metric: Metric, key: _Labels, value: float, buckets: list[int]) -> Iterator[str]:
    name = _metric_name(metric.name)
    labels = ",".join(
        f'{_label_name(label)}="{_escape(text)}"'
        for label, text in zip(metric.labels, key, strict=True)
    )
    if metric.kind != "histogram":
        yield f"{name}{{{labels}}} {_number(value)}"
        return
    prefix = f"{name}_bucket{{{labels}," if labels else f"{name}_bucket{{"
    total = 0
    for bound, count in zip([*metric.bounds, None], buckets, strict=True):
        total += count
        limit = "+Inf" if bound is None else f"{bound:g}"
        yield f'{prefix}le="{limit}"}} {total}'
    yield f"{name}_sum{{{labels}}} {_number(value)}"
    yield f"{name}_count{{{labels}}} {total}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _metric_name(path: str) -> str:
    name = re.sub(r"[^a-zA-Z0-9_]", ":", path)
    return f"_{name}" if name[0].isdigit() else name


def _label_name(text: str) -> str:
    name = re.sub(r"[^a-zA-Z0-9]", "_", text)
    return f"_{name}" if name[0].isdigit() else name


def _escape(text: str) -> str:
    # TensorFlow Serving lets a line break through, and so breaks the page.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
