"""Whether the model can learn a few examples by heart (Karpathy 2019: "overfit one batch")."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.doctor import batch_leakage
from models.doctor.examined import Sample, Subject
from models.doctor.finding import Finding, Verdict, drawable
from models.doctor.short_training import Step, Trial
from models.tasks.expected import Expected

_FIX = (
    "First see what else has failed here; then make the model larger, raise "
    "`model.trainable_layers` or choose `model.fine_tuning: full`, and look at the targets of "
    "the examples that resist."
)
_SMALL_LOSS = 0.1
_LEARNT = 0.99
_MOSTLY = 0.8
_FALLING = 0.9


def overfit_sample(
    subject: Subject, trial: Trial, sample: Sample, rate: float, steps: int
) -> Finding:
    """Train on a few examples until all are right, without dropout.

    If the rate is too much or too little, three times less and three times more are tried.

    Args:
        subject: What is examined.
        trial: Is put back to its start afterwards.
        sample: Examples to learn.
        rate: Learning rate to begin with.
        steps: Most steps at each rate.
    """
    name, expected, targets = "overfit_sample", subject.expected, sample.targets.numpy()
    best: tuple[float, list[Step]] = (-1.0, [])
    for factor in (1.0, 1 / 3, 3.0):
        history = _learn(trial, sample, expected, rate * factor, steps)
        share = _share_right(history[-1], targets, expected)
        best = max(best, (share, history), key=lambda item: item[0])
        if share == 1:
            break
    share, history = best
    last = history[-1]
    resisting = _resisting(last, targets, expected)
    evidence = (
        f"After {len(history) - 1} steps on {sample.size} examples {share:.0%} are "
        f"{expected.right}, and the loss is {last.loss:.3g}; without looking at the inputs none "
        f"gets below {expected.constant_loss(targets):.3g}."
    )
    figures = {"losses": drawable(step.loss for step in history), "resisting": resisting}
    if share >= _LEARNT:
        return Finding(name, "pass", evidence, figures=figures)
    verdict: Verdict = "warn" if share >= _MOSTLY or _is_still_falling(history) else "fail"
    return Finding(name, verdict, evidence, _meaning(sample, resisting), _FIX, figures)


def _learn(trial: Trial, sample: Sample, expected: Expected, rate: float, steps: int) -> list[Step]:
    """What each step saw; ends when all examples are right by some margin."""
    history, targets = [], sample.targets.numpy()
    for _ in range(steps + 1):
        history.append(trial.step(sample, rate))
        step = history[-1]
        is_sure = step.loss < _SMALL_LOSS and _share_right(step, targets, expected) == 1
        if is_sure or not np.isfinite(step.loss):
            break
    trial.restart()
    return history


def _share_right(step: Step, targets: np.ndarray, expected: Expected) -> float:
    """Share of right answers, of examples whose target is known."""
    right = expected.is_right(targets, step.outputs)
    known = ~np.isnan(right)
    return float(right[known].mean()) if known.any() else 0.0


def _resisting(step: Step, targets: np.ndarray, expected: Expected) -> list[dict[str, Any]]:
    """Examples that are wrong, the worst first."""
    losses = expected.errors(targets, step.outputs)
    true, answered = expected.read(targets, step.outputs)
    rows: list[dict[str, Any]] = [
        {
            "index": int(i),
            "target": true[i],
            "answer": answered[i],
            "loss": drawable([losses[i]])[0],
        }
        for i in np.flatnonzero(expected.is_right(targets, step.outputs) == 0)
    ]
    return sorted(rows, key=lambda row: -(row["loss"] or np.inf))


def _is_still_falling(history: list[Step]) -> bool:
    half = history[len(history) // 2].loss
    return bool(history[-1].loss < _FALLING * half)


def _meaning(sample: Sample, resisting: list[dict[str, Any]]) -> str:
    rows = [row["index"] for row in resisting]
    kinds = batch_leakage.num_different(sample)
    if kinds < sample.size:
        return (
            f"Of {sample.size} examples {sample.size - kinds} repeat the input of another, which "
            "no model can tell apart if their targets differ."
        )
    return (
        f"The model cannot learn a handful of examples by heart, so it will not learn thousands. "
        f"Resisting: examples {', '.join(map(str, rows[:8]))} of the first epoch."
    )
