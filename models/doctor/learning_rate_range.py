"""Learning-rate range tests, and what they say of the configured rate.

Smith (2015), "Cyclical Learning Rates", https://arxiv.org/abs/1506.01186, section 3.3, with the
rate growing geometrically. Differences: no dropout; and here every step has the same few examples,
so that a curve of some dozens of steps is free of noise and tells where steps overshoot. Which rate
to train at is told by fresh batches, see `fresh_rates.py`.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from models.doctor.examined import Sample, Subject
from models.doctor.finding import Finding, Verdict, drawable
from models.doctor.fresh_rates import FreshRates
from models.doctor.short_training import Trial

_LOWEST, _HIGHEST = 1e-7, 10.0  # first and last rate of the test
_FALLS = 0.02  # share of the first loss that it must fall by
_MARGIN = 4.0  # a good rate lies at least so far below the one that is too high
_DIVERGED = 1.5  # times the first loss from which a rate is too high
_HOPELESS = 20.0  # the same, from which no higher rate is tried
_STEPS_AT_RATE = 8  # at the configured rate
_LAST = 3  # of these, from which it is told whether the loss grows,
_WORSE = 1.5  # which is so many times the first one
_WARMED_UP = 10  # times a rate that is too high up to which a warm-up may help
_FAR_BELOW = 30.0  # a rate so far below a good one may be too low
_LITTLE = (0.1, 0.02)  # share by which the whole training must lower the loss: warns, fails


@dataclasses.dataclass(frozen=True)
class Range:
    """A curve of the loss over growing rates."""

    rates: np.ndarray
    """Rate of each step, `(steps,)`."""
    losses: np.ndarray
    """Loss before each step, `(steps,)`; infinite where it was no number."""

    @property
    def suggested(self) -> float | None:
        """The rate where the loss falls fastest; None if it never falls."""
        lowest = int(self.losses.argmin())
        if lowest < 1 or self.losses[lowest] > (1 - _FALLS) * self.losses[0]:
            return None
        # A loss is what the rates of the steps before made it.
        slopes = np.diff(self.losses[: lowest + 1])
        steepest = float(self.rates[int(slopes.argmin())])
        largest = self.largest
        return steepest if largest is None else min(steepest, largest / _MARGIN)

    @property
    def largest(self) -> float | None:
        """The rate at which the loss left its valley for good; None if it never did."""
        lowest = int(self.losses.argmin())
        start = self.losses[0]
        for index in range(lowest + 1, len(self.losses)):
            if self.losses[index] > start * _DIVERGED:
                return float(self.rates[index - 1])
        return None


def measure(trial: Trial, sample: Sample, steps: int) -> Range:
    """Train with a rate that grows from 1e-7 to 10; ends when the loss has blown up.

    Args:
        trial: Is put back to its start afterwards.
        sample: The examples of every step.
        steps: Number of steps.
    """
    rates = np.geomspace(_LOWEST, _HIGHEST, steps)
    losses: list[float] = []
    for rate in rates:
        loss = trial.step(sample, rate).loss
        losses.append(loss if np.isfinite(loss) else np.inf)
        if losses[-1] > _HOPELESS * max(losses[0], 1.0):
            break
    trial.restart()
    return Range(rates[: len(losses)], np.array(losses))


def learning_rate_range(
    subject: Subject, trial: Trial, found: Range, sample: Sample, fresh: FreshRates
) -> Finding:
    """Judge `training.learning_rate` by the range tests and by a few steps at that very rate."""
    name, rate = "learning_rate_range", subject.training.learning_rate
    losses = [trial.step(sample, rate).loss for _ in range(_STEPS_AT_RATE)]
    trial.restart()
    suggested = fresh.suggested or found.suggested
    figures = {
        "rates": (fresh.rates if fresh.suggested else found.rates).tolist(),
        "losses": drawable(fresh.losses if fresh.suggested else found.losses),
        "configured": rate,
        "suggested": suggested,
        "largest": found.largest,
    }
    evidence = _evidence(found, fresh, rate, losses)
    cause = _too_high(subject, found, losses, suggested) or _too_low(
        subject, found, losses, suggested
    )
    if cause is None:
        return Finding(name, "pass", evidence, figures=figures)
    verdict, meaning, fix = cause
    return Finding(name, verdict, evidence, meaning, fix, figures)


def _evidence(found: Range, fresh: FreshRates, rate: float, losses: list[float]) -> str:
    fastest = f"the loss never falls from {found.losses[0]:.3g}"
    if fresh.suggested:
        fastest = f"{fresh.said} learn most at {fresh.suggested:.1e}"
    elif found.suggested:
        fastest = f"the loss of a few examples falls fastest at {found.suggested:.1e}"
    end = f" and a few examples blow up above {found.largest:.1e}" if found.largest else ""
    return (
        f"Over rates from {_LOWEST:g} to {found.rates[-1]:.1g}, {fastest}{end}; "
        f"{len(losses)} steps at `training.learning_rate` {rate:g} take it from {losses[0]:.4g} "
        f"to {losses[-1]:.4g}."
    )


def _too_high(
    subject: Subject, found: Range, losses: list[float], suggested: float | None
) -> tuple[Verdict, str, str] | None:
    rate = subject.training.learning_rate
    limit = found.largest or _HIGHEST
    end = max(losses[-_LAST:]) if np.isfinite(losses).all() else np.inf
    if rate < limit or end < _WORSE * losses[0]:
        return None
    # A warm-up may bring the weights to where the rate is bearable, but not any rate.
    is_warmed_up = subject.training.schedule.warmup > 0 and rate < _WARMED_UP * limit
    return (
        "warn" if is_warmed_up else "fail",
        "At this rate steps overshoot: the loss grows instead of falling.",
        f"Set `training.learning_rate: {_written(suggested or limit / 1000)}`.",
    )


def _too_low(
    subject: Subject, found: Range, losses: list[float], suggested: float | None
) -> tuple[Verdict, str, str] | None:
    rate = subject.training.learning_rate
    if suggested is None or found.suggested is None:
        return (
            "warn",
            "No learning rate makes the loss of a few examples fall: something else is wrong.",
            "See the other findings, `gradient_flow` and `input_dependence` first.",
        )
    # As if every step of the training did as much as these. A loss that can fall is not 0.
    whole = (1 - losses[-1] / losses[0]) * subject.steps / (_STEPS_AT_RATE - 1)
    if rate >= suggested / _FAR_BELOW or whole >= _LITTLE[0]:
        return None
    return (
        "fail" if whole < _LITTLE[1] else "warn",
        f"At this pace all {subject.steps} steps of the training lower the loss by "
        f"{max(whole, 0):.1%} of where it starts.",
        f"Set `training.learning_rate: {_written(suggested)}`, or train more `epochs`.",
    )


def _written(rate: float) -> str:
    """As YAML takes it for a number: with a point."""
    return f"{rate:.1e}"
