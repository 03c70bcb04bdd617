"""What `maru augment-test` measured of each way of training."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from pipeline.comparison.headline import Headline
from pipeline.comparison.paired_difference import PairedDifference


@dataclasses.dataclass(frozen=True)
class Training:
    """One training; what there is not if it failed is None."""

    arm: str
    """Which way of training."""
    seed: int
    """`training.seed`."""
    error: str | None = None
    """Why it failed, in words."""
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Of the task's metrics by name, on the evaluated split; empty if it failed."""
    train_rows: int | None = None
    """Rows of the train split, copies included."""
    epochs: int | None = None
    """Epochs that were trained."""
    steps: int | None = None
    """Batches that were trained on."""


@dataclasses.dataclass(frozen=True)
class ArmResult:
    """One way of training, over all seeds."""

    name: str
    """Of the arm."""
    headlines: Sequence[float]
    """The headline metric of each seed that finished."""
    means: Mapping[str, float]
    """Mean over the seeds of each metric."""
    train_rows: int | None
    """Rows of the train split, copies included; mean over the seeds."""
    steps: int | None
    """Batches that were trained on; mean over the seeds."""
    contrast: PairedDifference | None
    """Of the headline metric against training without augmentation; None for that itself."""
    verdict: str | None
    """What the contrast says."""


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything that is said."""

    name: str
    """Of the config."""
    split: str
    """Split the models were asked about."""
    examples: int
    """Number of its examples."""
    seeds: int
    """Trainings of each arm."""
    headline: Headline
    """What they are compared by."""
    rows: Sequence[ArmResult]
    """One for each arm."""
    trainings: Sequence[Training]
    """All of them."""
