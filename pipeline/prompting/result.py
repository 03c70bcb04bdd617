"""What came out when a model was prompted."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from models.tasks.intervals import Interval


@dataclasses.dataclass(frozen=True)
class ShotsResult:
    """Of one number of examples."""

    shots: int
    """How many stand before a question."""
    accuracy: float
    """Share of right answers, over draws and questions."""
    interval: Interval
    """95 % interval, see `accuracy.interval`."""
    by_draw: Sequence[float]
    """The same share of each draw of examples."""
    ties: int
    """Prompts whose likeliest answers are equally likely, which counts as wrong."""
    unanswered: int
    """Prompts in whose continuation no answer was found, which counts as wrong."""
    shortened: int
    """Prompts that lost examples, as the model does not read so much at once."""
    too_long: int
    """Prompts that were too long without any example, too, which counts as wrong."""
    prompts: int
    """All of them."""


@dataclasses.dataclass(frozen=True)
class Result:
    """Everything that the report says."""

    name: str
    """Of the measurement."""
    model: str
    """Which was asked, in words."""
    split: str
    """Split that the questions are of."""
    questions: int
    """Their number."""
    examples: int
    """Rows that examples are taken from."""
    rejected: int
    """Rows that cannot be used."""
    simple: float | None
    """Accuracy of always giving the most frequent answer of these; None without examples."""
    by_shots: Sequence[ShotsResult]
    """In the order of the config."""
