"""A verdict in plain words on the curves that a training left."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from components.doctor.curves import training_loss, validation_loss
from components.doctor.curves.advice import clip, either, warm_up
from components.doctor.curves.history import CHECK, Curves, Training, finding
from components.doctor.finding import Finding

PATTERNS: tuple[Callable[[Curves, Training], Finding | None], ...] = (
    training_loss.diverging,
    training_loss.flat,
    training_loss.spikes,
    training_loss.rising,
    validation_loss.overfitting,
    validation_loss.unstable,
    validation_loss.validation_better,
    validation_loss.too_weak,
    training_loss.plateau,
    validation_loss.still_improving,
)
"""Ways to look at the curves, what is most serious first."""


def judge(history: Mapping[str, Sequence[float]], training: Training) -> list[Finding]:
    """What the curves say.

    Args:
        history: `loss` and, where measured, `val_loss` and both of what `training` watches, such
            as `accuracy` and `val_accuracy`, one value an epoch.
        training: What is known of the training.

    Returns:
        A finding for each pattern that was seen, the most serious first; one that passes if none.

    Raises:
        ValueError: If the history has no epochs.
    """
    if not history.get("loss"):
        raise ValueError(
            "The history has no `loss`, so nothing can be said of the training. "
            f"It has: {sorted(history)}."
        )
    watched = training.watched.name
    names = {
        "loss": "loss",
        "val_loss": "val_loss",
        "metric": watched,
        "val_metric": f"val_{watched}",
    }
    curves = Curves(
        **{key: np.asarray(history[n], float) for key, n in names.items() if n in history}
    )
    if not _is_finite(curves):
        found = [_not_finite(curves, training)]
    else:
        found = [f for look in PATTERNS if (f := look(curves, training)) is not None]
    found = found or [_nothing_wrong(curves, training)]
    drawn = {name: _drawable(history[name]) for name in names.values() if name in history}
    return [
        dataclasses.replace(f, figures={**f.figures, "curves": drawn} if index == 0 else f.figures)
        for index, f in enumerate(found)
    ]


def _is_finite(curves: Curves) -> bool:
    losses = [values for values in (curves.loss, curves.val_loss) if values is not None]
    return all(np.isfinite(values).all() for values in losses)


def _drawable(values: Sequence[float]) -> list[float | None]:
    """JSON has no NaN."""
    return [float(value) if math.isfinite(value) else None for value in values]


def _not_finite(curves: Curves, training: Training) -> Finding:
    losses = curves.loss if curves.val_loss is None else curves.loss + curves.val_loss
    epoch = int(np.argmin(np.isfinite(losses))) + 1
    return finding(
        "fail",
        "not_finite",
        f"The loss is no finite number from epoch {epoch} on.",
        "The weights are ruined: a step was too long, or the data holds values that are none.",
        either("Lower `training.learning_rate` by ten", clip(training), warm_up(training)),
    )


def _nothing_wrong(curves: Curves, training: Training) -> Finding:
    validation = kept = ""
    if curves.val_loss is not None:
        validation = f", {curves.val_loss[-1]:.3g} on validation"
        if training.keeps_best and curves.best < curves.epochs - 1:
            best = curves.val_loss[curves.best]
            kept = f"; kept are the weights of epoch {curves.best + 1}, the best ({best:.3g})"
    return Finding(
        CHECK,
        "pass",
        f"The loss fell from {curves.loss[0]:.3g} to {curves.loss[-1]:.3g} on training"
        f"{validation} in {curves.epochs} epochs{kept}.",
        figures={"pattern": "none"},
    )
