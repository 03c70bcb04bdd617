"""What `maru augment-test` measured of each way of training."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.comparison.paired_difference import PairedDifference


@dataclasses.dataclass(frozen=True)
class Training:
    """One training; figures are None if it failed."""

    arm: str
    """Which way of training."""
    seed: int
    """`training.seed`."""
    error: str | None = None
    """Why it failed, in words."""
    accuracy: float | None = None
    """On the evaluated split, 0 to 1."""
    macro_f1: float | None = None
    """Mean F1 over the labels, 0 to 1."""
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
    accuracies: Sequence[float]
    """Of each seed that finished, 0 to 1."""
    macro_f1: float | None
    """Mean over the seeds."""
    train_rows: int | None
    """Rows of the train split, copies included; mean over the seeds."""
    steps: int | None
    """Batches that were trained on; mean over the seeds."""
    contrast: PairedDifference | None
    """Against training without augmentation; None for that itself."""
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
    rows: Sequence[ArmResult]
    """One for each arm."""
    trainings: Sequence[Training]
    """All of them."""
