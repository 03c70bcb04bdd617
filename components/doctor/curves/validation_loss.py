"""Patterns in the validation loss of a training, beside its training loss."""

from __future__ import annotations

import math

import numpy as np

from components.doctor.curves.advice import against_overfitting, against_weakness, either, keep_best
from components.doctor.curves.history import Curves, Training, finding
from components.doctor.curves.training_loss import (
    ENOUGH_EPOCHS,
    FLAT,
    SPIKE_SHARE,
    diverging,
    flat,
    rising,
    spikes,
)
from components.doctor.finding import Finding

# Shares of the loss at chance, as in `curve_patterns.py`; set by hand on made-up histories.
_GAP = 0.15
_GAP_OF_LOSSES_ALONE = 0.3
_RISE = 0.1
_LEARNED = 0.15
_WEAK = 0.7
_IMPROVING = 0.05
_STEADY = 0.7  # of the mean fall of an epoch
_RISE_OF_BEST = 0.15
_STILL_FALLS = 0.9  # of the training loss at the best epoch
# Standard errors that validation must rise by after one epoch, and after more.
_SURE = (2.0, 1.5)
_JUMP = 4.0  # standard errors of a jump


def overfitting(curves: Curves, training: Training) -> Finding | None:
    """Validation rises, or stays far behind, while training goes on falling."""
    if curves.val_loss is None or curves.epochs < 2:
        return None
    kept = curves.best if training.keeps_best else curves.epochs - 1
    gap = curves.val_loss[kept] - curves.loss[kept]
    has_gap = gap > max(_GAP * training.chance_loss, _noise(training))
    limit, metric_gap = training.watched.wide, _metric_gap(curves, training, kept)
    if limit is None or metric_gap is None:
        wide = gap > _GAP_OF_LOSSES_ALONE * training.chance_loss
    else:
        wide = metric_gap > max(limit, _noise(training))
    in_vain = _learns_in_vain(curves.loss[-1], curves.val_loss.min(), training)
    has_risen = _has_risen(curves, training)
    if not (has_risen or in_vain or (has_gap and wide)):
        return None
    if in_vain:
        said = f"; it was never below {training.chance_loss:.3g}, what guessing gives"
    elif has_risen:
        said = f"; its best was {curves.val_loss[curves.best]:.3g} in epoch {curves.best + 1}"
    else:
        said = ""
    return finding(
        "warn",
        "overfitting",
        f"The loss is {curves.loss[kept]:.3g} on training and {curves.val_loss[kept]:.3g} on "
        f"validation after {kept + 1} epochs{said}{_metric_since(curves, training, has_risen)}.",
        "The model learns the training examples by heart; what it learned last does not carry "
        "over, and makes it surer where it is wrong.",
        f"{keep_best(training, curves.best + 1)}{against_overfitting(training)}",
    )


def _has_risen(curves: Curves, training: Training) -> bool:
    """Whether the last validation loss is above the best by more than chance, and is kept.

    By a share of chance, beside a gap to training; or by a share of the best and by more than
    noise, while training fell: that also tells a loss that is low from the first epoch.
    """
    best, after = curves.best, curves.epochs - 1 - curves.best
    if curves.val_loss is None or training.keeps_best or not after:
        return False
    lowest, last = curves.val_loss[best], curves.val_loss[-1]
    gap = last - curves.loss[-1]
    if last - lowest > _RISE * training.chance_loss:
        return gap > max(_GAP * training.chance_loss, _noise(training))
    least = max(_RISE_OF_BEST * lowest, _SURE[after > 1] * training.noise(lowest))
    mean = float(np.mean(curves.val_loss[best + 1 :])) - lowest
    falls = curves.loss[-1] < _STILL_FALLS * curves.loss[best]
    return last - lowest > least and mean > least / 2 and falls and gap > 0


def _learns_in_vain(last: float, lowest: float, training: Training) -> bool:
    """Whether training ended well below chance, and the lowest of validation is not."""
    has_learned = last < (1 - _LEARNED) * training.chance_loss
    return has_learned and lowest > (1 - FLAT) * training.chance_loss


def _metric_since(curves: Curves, training: Training, has_risen: bool) -> str:
    if curves.val_metric is None or not has_risen:
        return ""
    before, last = curves.val_metric[curves.best], curves.val_metric[-1]
    return f". Its {training.watched} went from {before:.3g} to {last:.3g} since"


def unstable(curves: Curves, training: Training) -> Finding | None:
    """The validation loss jumps up and down between epochs, though training's does not."""
    if curves.val_loss is None or training.keeps_best or curves.epochs < ENOUGH_EPOCHS:
        return None
    lowest = np.minimum.accumulate(curves.val_loss)
    least = max(SPIKE_SHARE * training.chance_loss, _JUMP * training.noise(float(lowest[0])))
    jumps = np.diff(curves.val_loss) > least
    # A jump that nothing comes after, or one of several.
    if not (jumps.sum() > 1 or jumps[-1]) or _others(curves, training):
        return None
    epoch = int(np.argmax(np.diff(curves.val_loss))) + 1
    return finding(
        "warn",
        "unstable",
        f"The validation loss jumped from {curves.val_loss[epoch - 1]:.3g} to "
        f"{curves.val_loss[epoch]:.3g} in epoch {epoch + 1}; {jumps.sum()} such jumps in "
        f"{curves.epochs} epochs, the best was epoch {curves.best + 1}.",
        "Which epoch is the last decides how good the model is: the rate is too high, or batch "
        "normalisation has not settled.",
        either(
            "Lower `training.learning_rate` by three",
            "" if training.decays else "let it fall by `training.schedule: {kind: cosine}`",
            "average the weights by `training.averaging: 0.99`",
            "keep the best epoch by `training.early_stopping: {patience: 2}`",
        ),
    )


def _others(curves: Curves, training: Training) -> bool:
    """Whether a pattern is seen that explains jumps of the validation loss."""
    looks = (diverging, spikes, overfitting)
    return any(look(curves, training) is not None for look in looks)


def too_weak(curves: Curves, training: Training) -> Finding | None:
    """Both losses are high, close to each other, and no longer falling."""
    if curves.val_loss is None or curves.epochs < ENOUGH_EPOCHS:
        return None
    if any(look(curves, training) for look in (still_improving, rising, flat)):
        return None
    is_high = curves.loss[-1] > _WEAK * training.chance_loss
    gap = abs(curves.val_loss[-1] - curves.loss[-1])
    if not is_high or gap > _GAP * training.chance_loss:
        return None
    return finding(
        "warn",
        "too_weak",
        f"The loss is {curves.loss[-1]:.3g} on training and {curves.val_loss[-1]:.3g} on "
        f"validation, against {training.chance_loss:.3g} by guessing, and no longer falls.",
        "The model cannot even describe what it trains on: it is too small, held back too much, "
        "or the inputs tell little of the labels.",
        against_weakness(training),
    )


def validation_better(curves: Curves, training: Training) -> Finding | None:
    """Validation is easier than training, though training is not made harder on purpose."""
    if curves.val_loss is None or training.is_harder or curves.epochs < ENOUGH_EPOCHS:
        return None
    # The loss of an epoch is the mean over its steps, so while it falls it lags by half an epoch.
    late = slice(-max(2, curves.epochs // 4), None)
    gap = float(np.mean(curves.loss[late] - curves.val_loss[late]))
    moving = float(abs(curves.loss[late][0] - curves.loss[late][-1]))
    if gap < max(_GAP * training.chance_loss, moving, _noise(training)):
        return None
    return finding(
        "warn",
        "validation_better",
        f"The loss is {curves.loss[-1]:.3g} on training and {curves.val_loss[-1]:.3g} on "
        "validation, without dropout or augmentation to explain it.",
        "The validation split is easier than the training split, or training rows are in it.",
        "Run `maru doctor` for `leakage` and `covariate_shift`, and look at `data.split`.",
    )


def still_improving(curves: Curves, training: Training) -> Finding | None:
    """Validation is still falling at the end: by much, or as steadily as all the time before."""
    if not _is_improving(curves) or curves.val_loss is None:
        return None
    tail = max(1, curves.epochs // 5)
    before, last = curves.val_loss[-tail - 1], curves.val_loss[-1]
    fell = curves.val_loss[0] - last
    usual = fell * tail / (curves.epochs - 1)
    has_course = curves.epochs >= ENOUGH_EPOCHS and fell > FLAT * training.chance_loss
    is_steady = has_course and before - last > _STEADY * usual
    if before - last < _IMPROVING * training.chance_loss and not is_steady:
        return None
    return finding(
        "warn",
        "still_improving",
        f"The validation loss still fell from {before:.3g} to {last:.3g} in the last "
        f"{f'{tail} ' if tail > 1 else ''}of {curves.epochs} epochs.",
        "Training ended before it was done.",
        f"Train longer: `training.epochs: {2 * curves.epochs}`"
        + ("." if training.keeps_best else "; `training.early_stopping` ends it in time."),
    )


def _is_improving(curves: Curves) -> bool:
    """Whether the last epochs brought the lowest validation loss, below all before them."""
    if curves.val_loss is None or curves.epochs < 2:
        return False
    return int(np.argmin(curves.val_loss)) == curves.epochs - 1


def _metric_gap(curves: Curves, training: Training, epoch: int) -> float | None:
    """By how much validation is worse than training."""
    if curves.metric is None or curves.val_metric is None:
        return None
    gap = float(curves.metric[epoch] - curves.val_metric[epoch])
    return gap if training.watched.is_better_high else -gap


def _noise(training: Training) -> float:
    """Two standard errors of an accuracy of one half, the widest there is, on the split."""
    return 1 / math.sqrt(max(1, training.num_validation))
