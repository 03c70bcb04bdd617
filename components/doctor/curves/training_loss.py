"""Patterns in the training loss.

What a person reads off the plot of losses: Karpathy, "A Recipe for Training Neural Networks"
(2019), and Stanford's CS231n, "Babysitting the learning process".
"""

from __future__ import annotations

import numpy as np

from components.doctor.curves.advice import clip, either, warm_up
from components.doctor.curves.history import Curves, Training, finding
from components.doctor.finding import Finding

# Shares of the loss at chance, so that they hold for two classes and for a thousand; set by hand
# on made-up histories.
FLAT = 0.03
"""Up to so far below chance, nothing has been learned."""
SPIKE_SHARE = 0.25
"""By so much a loss must rise to be called a jump."""
ENOUGH_EPOCHS = 4
"""Epochs from which the course of a loss can be told."""
_DIVERGED = 1.2
_HIGH = 0.15
_STOPPED = 0.02  # of what was gained before


def diverging(curves: Curves, training: Training) -> Finding | None:
    """The loss ends well above where it began, or above what chance would give."""
    first, last = curves.loss[0], curves.loss[-1]
    began = first if curves.epochs > 1 else 0.0
    if last <= max(training.chance_loss, began) * _DIVERGED:
        return None
    return finding(
        "fail",
        "diverging",
        f"The training loss went from {first:.3g} to {last:.3g}; {training.guess} gives "
        f"{training.chance_loss:.3g}.",
        "The steps are so long that training moves away from a solution.",
        either("Lower `training.learning_rate` by ten", clip(training)),
    )


def spikes(curves: Curves, training: Training) -> Finding | None:
    """The training loss jumps up between epochs, by much of what had been gained."""
    jumps = np.diff(curves.loss)
    gained = max(curves.loss[0], training.chance_loss) - np.minimum.accumulate(curves.loss)[:-1]
    is_spike = (jumps > SPIKE_SHARE * gained) & (jumps > SPIKE_SHARE * training.chance_loss)
    if not is_spike.any() or diverging(curves, training):
        return None
    epoch = int(np.argmax(np.where(is_spike, jumps, -np.inf))) + 1
    return finding(
        "warn",
        "spikes",
        f"The training loss jumped from {curves.loss[epoch - 1]:.3g} to {curves.loss[epoch]:.3g} "
        f"in epoch {epoch + 1}; {is_spike.sum()} such jumps in {curves.epochs} epochs.",
        "Single steps undo what many had gained: the rate is too high for some batches.",
        either("Lower `training.learning_rate` by three", clip(training), warm_up(training)),
    )


def rising(curves: Curves, training: Training) -> Finding | None:
    """The training loss has risen step by step since its best, by much of what had been gained."""
    best = int(np.argmin(curves.loss))
    gained = max(curves.loss[0], training.chance_loss) - curves.loss[best]
    risen = curves.loss[-1] - curves.loss[best]
    if risen <= SPIKE_SHARE * max(gained, training.chance_loss):
        return None
    # So much in one epoch is a spike.
    if spikes(curves, training) or diverging(curves, training):
        return None
    return finding(
        "warn",
        "rising",
        f"The training loss rose from {curves.loss[best]:.3g} in epoch {best + 1} to "
        f"{curves.loss[-1]:.3g} in epoch {curves.epochs}.",
        "Training undoes what it had learned: the rate has become too high for where the weights "
        "are, or the penalties on them outweigh the loss.",
        either(
            "Lower `training.learning_rate` by three",
            "" if training.decays else "let it fall by `training.schedule: {kind: cosine}`",
            clip(training),
        ),
    )


def flat(curves: Curves, training: Training) -> Finding | None:
    """The training loss stays at chance, for all epochs or for the first third of at least six."""
    is_flat = curves.loss > (1 - FLAT) * training.chance_loss
    first = max(2, curves.epochs // 3)
    if curves.epochs < 2 or not is_flat[:first].all() or diverging(curves, training):
        return None
    numbers = f"{training.guess} gives {training.chance_loss:.3g}"
    if is_flat.all():
        return finding(
            "fail",
            "flat",
            f"The training loss stayed at {curves.loss.min():.3g} or above for all {curves.epochs} "
            f"epochs; "
            f"{numbers}.",
            "Nothing was learned: the rate is too small, the initialisation blocks the gradients, "
            "nothing is trained, or inputs and labels have nothing to do with each other.",
            "Run `maru doctor`: `overfit_sample`, `gradient_flow` and `learning_rate_range` tell "
            "these apart. Then raise `training.learning_rate` by ten.",
        )
    epoch = int(np.argmin(is_flat)) + 1
    return finding(
        "warn",
        "flat_start",
        f"The training loss stayed at {curves.loss[0]:.3g} until epoch {epoch} of "
        f"{curves.epochs}; {numbers}.",
        "Epochs were lost at the start: the rate is too small there, or the initialisation is bad.",
        either(
            "Raise `training.learning_rate` by three",
            "shorten the warm-up of `training.schedule`" if "warmup" in training.has else "",
            "choose another initializer in `model.recipe`" if "recipe" in training.has else "",
        ),
    )


def plateau(curves: Curves, training: Training) -> Finding | None:
    """The training loss fell, then stopped well above zero, and the rate was never lowered."""
    if curves.epochs < ENOUGH_EPOCHS or training.decays:
        return None
    tail = curves.epochs // 3
    fell = curves.loss[0] - curves.loss[-tail - 1]
    falls = curves.loss[-tail - 1] - curves.loss[-1]
    is_high = curves.loss[-1] > _HIGH * training.chance_loss
    if not is_high or fell < FLAT * training.chance_loss or falls > _STOPPED * fell:
        return None
    return finding(
        "warn",
        "plateau",
        f"The training loss fell to {curves.loss[-tail - 1]:.3g} by epoch {curves.epochs - tail} "
        f"and to {curves.loss[-1]:.3g} in the {tail} epochs after it.",
        "At a rate that stays as high, training circles a minimum that it cannot enter.",
        "Let the rate fall: `training.schedule: {kind: cosine, warmup: 0.1}`.",
    )
