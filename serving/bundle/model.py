"""What goes into a bundle, and what was found out about it on the way."""

import dataclasses
import math
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from serving.export.description import Output
from serving.export.reference import Reference

_MEBI = 2**20


@dataclasses.dataclass(frozen=True)
class Source:
    """One version of one model, as it was pushed."""

    name: str
    """Served name."""
    version: int
    """Name of its folder, as a number."""
    folder: pathlib.Path
    """Folder with `saved_model.pb`."""
    reference: Reference
    """The trainer's answers to real examples, from `serving.export.reference.load`."""


@dataclasses.dataclass(frozen=True)
class Batching:
    """Parameters of TensorFlow Serving's batching, as a sweep chose them."""

    allowed_batch_sizes: tuple[int, ...]
    """Rows a batch is filled up to, increasing; the last is the most rows of a batch."""
    batch_timeout_micros: int
    """How long the first request of a batch waits for others, in microseconds, at least 0."""
    num_batch_threads: int
    """Batches that run at the same time, at least 1."""
    max_enqueued_batches: int
    """Batches that wait before requests are refused, at least 1."""

    @property
    def max_batch_size(self) -> int:
        """Most rows of a batch."""
        return self.allowed_batch_sizes[-1]


@dataclasses.dataclass(frozen=True)
class Bundled:
    """One model in the bundle."""

    name: str
    """Served name."""
    version: int
    """Its only version in the bundle."""
    size: int
    """Bytes of the SavedModel."""
    requests: tuple[Mapping[str, Any], ...]
    """Real requests to `serving_default`, each as `serving.export.request_form.rows` makes them."""
    outputs: tuple[Output, ...]
    """What it answers to them."""
    batching: Batching
    """What its sweep chose."""
    throughput: float
    """Examples a second that the chosen setting reached where the bundle was made."""
    p95_ms: float
    """Milliseconds that 95 of 100 requests stayed under, with that setting."""
    load_seconds: float
    """Seconds to load and warm up where the bundle was made."""
    warm_up_records: int
    """Requests a server replays before the version answers."""
    cores: int
    """Cores of the machine the bundle was made on."""


def memory_request(models: Sequence[Bundled]) -> int:
    """Mebibytes a server of some models asks for, a multiple of 256.

    Three times the SavedModels (the served version, the next one while a swap lasts, and tensors
    in flight) and 512 for the server itself.
    """
    wanted = 512 + 3 * sum(model.size for model in models) / _MEBI
    return int(-(-wanted // 256) * 256)


def memory_limit(models: Sequence[Bundled]) -> int:
    """Mebibytes a server of some models is killed at: half as much again as it asks for."""
    return memory_request(models) * 3 // 2


def cpu_request(models: Sequence[Bundled]) -> int:
    """Cores a server without a GPU asks for: as many as the figures are from, at most 8."""
    return min(8, *(model.cores for model in models))


def start_seconds(models: Sequence[Bundled]) -> int:
    """Seconds a server may take to load and warm up, ten times what it took here; at least 60."""
    return max(60, math.ceil(10 * sum(model.load_seconds for model in models)))


def require_distinct(names: Sequence[str]) -> None:
    """Refuse served names that Kubernetes could not tell from each other.

    Raises:
        ValueError: If two of them have the same `dns_name`, or one has another's with `-gpu`.
    """
    owners: dict[str, str] = {}
    for name in names:
        for taken in (dns_name(name), f"{dns_name(name)}-gpu"):
            if taken in owners:
                raise ValueError(
                    f"The models {owners[taken]!r} and {name!r} would both be {taken!r} in "
                    "Kubernetes. Bundle them apart, or rename one."
                )
            owners[taken] = name


def dns_name(name: str) -> str:
    """A served name as Kubernetes takes names: lower-case letters, digits and inner hyphens."""
    cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].strip("-")
    # A Service's name must not begin with a digit.
    return cleaned if cleaned[:1].isalpha() else f"model-{cleaned}".strip("-")
