"""All checks of a model before it is trained, the cheap ones first."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import keras

from models.doctor import (
    activations,
    batch_leakage,
    batch_norm,
    fresh_rates,
    gradients,
    learning_rate_range,
    numerical,
    overfit,
    rate_grid,
    untrained,
)
from models.doctor.examined import Loss, Subject, take
from models.doctor.finding import Finding
from models.doctor.short_training import Trial
from models.finetuning import config as finetuning
from models.tasks.expected import Expected
from models.training.config import TrainingConfig
from models.training.inputs import Batches

Effort = Literal["quick", "thorough"]


@dataclasses.dataclass(frozen=True)
class Budget:
    """How much the checks that train may cost."""

    looked_at: int
    """Examples that the model only answers."""
    learnt: int
    """Examples that it is trained on."""
    range_steps: tuple[int, int]
    """Least and most steps of the range test."""
    overfit_steps: tuple[int, int]
    """Least and most steps at each rate of learning by heart."""
    seconds: float
    """Rough length of each of the two, where between least and most the steps lie."""
    fresh_seconds: float | None
    """Rough length of training on fresh batches at growing rates; None: on all of them."""


BUDGETS: dict[Effort, Budget] = {
    "quick": Budget(32, 16, (24, 160), (20, 80), 12.0, 12.0),
    "thorough": Budget(64, 32, (60, 160), (60, 400), 120.0, None),
}
"""Cost by effort; a step of a small model takes milliseconds, of a large one a second."""


def examine(
    build: Callable[[], keras.Model],
    batches: Batches,
    training: TrainingConfig,
    loss: Loss,
    expected: Expected,
    effort: Effort = "quick",
    fine_tuning: finetuning.Method | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Finding]:
    """Check a model, one finding at a time; what is not asked for is not computed.

    Nothing that the caller holds is changed: every model comes from `build`.

    Args:
        build: Gives a fresh, uncompiled model in float32 with the task's head.
        batches: The training split.
        training: How it is to be trained.
        loss: Targets and outputs to a scalar, as training minimises it.
        expected: What the task expects of an untrained model.
        effort: `quick`, for a minute or so, or `thorough`, with the grid of rates and decays.
        fine_tuning: What of a pretrained model is trained; None: as `build` left it.
        clock: Seconds, from an arbitrary start.

    Yields:
        A finding of each check. A model with nothing to train, or whose first loss is no
        number, ends the examination: later checks could only repeat that.
    """
    budget = BUDGETS[effort]
    subject = Subject(
        build,
        take(batches, budget.looked_at),
        training.epochs * batches.num_batches,
        training,
        fine_tuning,
        loss,
        expected,
    )
    timed = _Timed(clock)
    for check in (untrained.parameters, untrained.initial_loss):
        finding = timed(check, subject)
        yield finding
        if _is_hopeless(finding):
            return
    for check in (
        batch_leakage.batch_leakage,
        batch_leakage.input_dependence,
        batch_norm.batch_norm_mode,
        untrained.dropout,
    ):
        yield timed(check, subject)
    seen = activations.activations(subject)
    for check_seen in (
        activations.activation_spread,
        activations.dead_relus,
        activations.saturation,
    ):
        yield timed(check_seen, subject, seen)
    yield from _trained(subject, batches, timed, budget, clock)
    if effort == "thorough":
        yield timed(rate_grid.rate_grid, subject, batches)


def _trained(
    subject: Subject,
    batches: Batches,
    timed: _Timed,
    budget: Budget,
    clock: Callable[[], float],
) -> Iterator[Finding]:
    """Findings of the checks that take steps."""
    trial = Trial(subject, clock)
    flow, norms = timed(gradients.gradient_flow, subject, trial)
    yield flow
    yield timed(gradients.gradient_norms, subject, trial, norms)
    yield timed(numerical.numerical_gradients, subject, trial)
    sample = subject.sample.first(budget.learnt)
    # So that a second batch size is not taken for a slow step.
    trial.step(sample, 0.0)
    trial.restart()
    steps = trial.affordable(budget.seconds, *budget.range_steps)
    begun = clock()
    found = learning_rate_range.measure(trial, sample, steps)
    fresh = fresh_rates.measure(trial, batches, budget.fresh_seconds, found.suggested, clock)
    finding = timed(learning_rate_range.learning_rate_range, subject, trial, found, sample, fresh)
    yield dataclasses.replace(finding, seconds=clock() - begun)
    rate = found.suggested or subject.training.learning_rate
    steps = trial.affordable(budget.seconds, *budget.overfit_steps)
    yield timed(overfit.overfit_sample, subject, trial, sample, rate, steps)


def _is_hopeless(finding: Finding) -> bool:
    has_loss = finding.figures.get("loss") is not None
    return finding.verdict == "fail" and (finding.check == "parameters" or not has_loss)


class _Timed:
    """Calls checks and writes into their findings how long they took.

    Args:
        clock: Seconds, from an arbitrary start.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def __call__(self, check: Callable[..., Any], *arguments: Any) -> Any:
        begun = self._clock()
        result = check(*arguments)
        seconds = self._clock() - begun
        if isinstance(result, Finding):
            return dataclasses.replace(result, seconds=seconds)
        finding, *rest = result
        return (dataclasses.replace(finding, seconds=seconds), *rest)
