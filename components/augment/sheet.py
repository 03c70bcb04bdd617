"""What a preview shows, before it is drawn."""

from __future__ import annotations

import dataclasses
from typing import Any

from components.augment.contract import Copy, Inputs


@dataclasses.dataclass(frozen=True)
class TrainRow:
    """A row of the train split."""

    inputs: Inputs
    """Its texts or its encoded image."""
    target: Any
    """A label, a tuple of labels or a number."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One row and what came of it."""

    target: str
    """Its target in words."""
    originals: Inputs
    """Its texts or its encoded image, as operations see it."""
    copies: tuple[Copy, ...]
    """At most one of each operation; one without a copy here changed nothing."""


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A preview."""

    title: str
    """What the rows are of."""
    columns: tuple[str, ...]
    """Names of the input columns."""
    operations: tuple[str, ...]
    """Names of all operations, in the order they are shown."""
    samples: tuple[Sample, ...]
    """The rows."""
    warnings: tuple[str, ...] = ()
    """Doubts about the operations."""
