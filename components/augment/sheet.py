"""What a preview shows, before it is drawn."""

from __future__ import annotations

import dataclasses

from components.augment.contract import Copy


@dataclasses.dataclass(frozen=True)
class TrainRow:
    """A row of the train split."""

    input: bytes
    """Text or encoded image."""
    label: str
    """Its label."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One row and what came of it."""

    label: str
    """Its label."""
    original: bytes
    """UTF-8 text or encoded image, as operations see it."""
    copies: tuple[Copy, ...]
    """At most one of each operation; one without a copy here changed nothing."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A preview."""

    title: str
    """What the rows are of."""
    operations: tuple[str, ...]
    """Names of all operations, in the order they are shown."""
    samples: tuple[Sample, ...]
    """The rows."""
    warnings: tuple[str, ...] = ()
    """Doubts about the operations."""
