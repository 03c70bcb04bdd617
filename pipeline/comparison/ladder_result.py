"""What `maru ladder` measured of each model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class ModelResult:
    """One model of a ladder; what a field does not apply to or nobody knows is None."""

    name: str
    """Of the rung or the simple model."""
    error: str | None = None
    """Why there are no figures."""
    accuracy: float | None = None
    """Share of right answers, 0 to 1."""
    macro_f1: float | None = None
    """Mean F1 over the labels, 0 to 1."""
    interval: tuple[float, float] | None = None
    """95 % Wilson interval of the accuracy."""
    p_value: float | None = None
    """Of McNemar's exact test against the most accurate row; None for that row itself."""
    is_best: bool = False
    """Whether it is the most accurate; the first of equals."""
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
    rows: Sequence[ModelResult]
    """In the order shown."""
