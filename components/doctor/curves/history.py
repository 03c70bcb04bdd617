"""The history of a training, and what is known beside it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from components.doctor.finding import Finding, Verdict

CHECK = "learning_curves"
"""Name of every finding on curves; `figures["pattern"]` says which pattern it is about."""


@dataclasses.dataclass(frozen=True)
class Watched:
    """What the history has beside the loss."""

    name: str = "accuracy"
    """Its name; with `val_` before it on validation."""
    is_better_high: bool = True
    """Whether more of it is better."""
    wide: float | None = 0.1
    """Gap between training and validation that is wide; None: it is told by the losses alone."""

    def __str__(self) -> str:
        """In words."""
        return self.name.replace("_", " ")


@dataclasses.dataclass(frozen=True)
class Training:
    """What is known of a training beside its history."""

    chance_loss: float
    """Loss of the best answer that is the same for all rows: of class frequencies, in nats, or of
    the mean, which is 1 where numbers are learned standardised."""
    decays: bool
    """Whether the schedule lowers the learning rate by itself."""
    is_harder: bool
    """Whether training examples are made harder than validation's, by augmentation or dropout."""
    num_validation: int
    """Rows of the validation split; 0 if there is none."""
    has: frozenset[str] = frozenset()
    """What the config sets already, of `clip_norm`, `warmup`, `early_stopping`, `augmentation` and
    `pretrained`, and what the model can set, of `recipe`, `sequence_length` and `fine_tuning`."""
    guess: str = "guessing by class frequencies"
    """What gives `chance_loss`, in words."""
    watched: Watched = Watched()
    """What is watched beside the loss."""

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the epoch with the lowest validation loss are kept, not the last.

        Early stopping does that.
        """
        return "early_stopping" in self.has

    def noise(self, loss: float) -> float:
        """Roughly the standard error of a validation loss.

        Nearly all of a low cross-entropy comes from a few rows that are wrong by about a nat each,
        so their number, and with it the loss, varies as in a Poisson distribution. A mean of
        squared errors below 1 varies less.
        """
        return math.sqrt(loss / max(1, self.num_validation))


@dataclasses.dataclass(frozen=True)
class Curves:
    """The history, one value an epoch."""

    loss: np.ndarray
    val_loss: np.ndarray | None = None
    metric: np.ndarray | None = None
    """What is watched beside the loss."""
    val_metric: np.ndarray | None = None
    """The same on validation."""

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(self.loss)

    @property
    def best(self) -> int:
        """The epoch, from 0, with the lowest validation loss; the last one without validation."""
        return self.epochs - 1 if self.val_loss is None else int(np.argmin(self.val_loss))


def finding(verdict: Verdict, pattern: str, evidence: str, meaning: str, fix: str) -> Finding:
    """What is said of a pattern."""
    return Finding(CHECK, verdict, evidence, meaning, fix, {"pattern": pattern})
