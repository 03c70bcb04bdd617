"""What `maru ladder` measured of each model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from models.tasks.intervals import Interval
from pipeline.comparison.headline import Headline


@dataclasses.dataclass(frozen=True)
class ModelResult:
    """One model of a ladder; what a field does not apply to or nobody knows is None."""

    name: str
    """Of the rung or the simple model."""
    error: str | None = None
    """Why there are no figures."""
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Of the task's metrics by name; those that its answers have everything for."""
    interval: Interval | None = None
    """95 % interval of the headline metric."""
    difference: Interval | None = None
    """95 % interval of its headline minus the best row's if other examples were asked; None for
    that row itself."""
    p_value: float | None = None
    """Of its difference from the best row, see `paired_difference.tested`; None for that row."""
    is_best: bool = False
    """Whether its headline is the best; the first of equals."""
    trainable: int | None = None
    """Trained parameters."""
    parameters: int | None = None
    """Parameters of the export: without the matrices that `lora` trained and merged."""
    macs: int | None = None
    """Multiply-accumulates of one example, see `models/macs.py`."""
    seconds: float | None = None
    """Training and export, in seconds."""
    is_continued: bool = False
    """Whether a killed training was continued, so that `seconds` are those of its last part."""
    latency_ms: float | None = None
    """Median of one example through the export, in milliseconds."""
    batch_latency_ms: float | None = None
    """Median of a batch, in milliseconds."""
    batch: int | None = None
    """Examples of that batch."""

    @property
    def is_as_good(self) -> bool:
        """Whether the examples do not tell it from the best at 95 %."""
        return self.p_value is not None and self.p_value >= _ALPHA


_ALPHA = 0.05


@dataclasses.dataclass(frozen=True)
class Ladder:
    """Everything the report says."""

    name: str
    """Of the config."""
    split: str
    """Split the models were asked about."""
    examples: int
    """Number of its examples."""
    headline: Headline
    """What the models are compared by."""
    rows: Sequence[ModelResult]
    """In the order shown."""

    def figure(self, row: ModelResult) -> float | None:
        """A row's headline."""
        return row.figures.get(self.headline.name)
