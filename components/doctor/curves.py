"""A verdict in plain words on the curves that a training left.

What a person reads off the plot of losses: Karpathy, "A Recipe for Training Neural Networks"
(2019), and Stanford's CS231n, "Babysitting the learning process".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from components.doctor.finding import Finding, Verdict

CHECK = "learning_curves"
"""Name of every finding here; `figures["pattern"]` says which pattern it is about."""


@dataclasses.dataclass(frozen=True)
class Training:
    """What is known of a training beside its history."""

    chance_loss: float
    """Cross-entropy in nats of always answering with the class frequencies."""
    decays: bool
    """Whether the schedule lowers the learning rate by itself."""
    is_harder: bool
    """Whether training examples are made harder than validation's, by augmentation or dropout."""
    num_validation: int
    """Rows of the validation split; 0 if there is none."""
    has: frozenset[str] = frozenset()
    """What the config sets already, of `clip_norm`, `warmup`, `early_stopping`, `augmentation` and
    `pretrained`, and what the model can set, of `recipe`, `sequence_length` and `fine_tuning`."""


@dataclasses.dataclass(frozen=True)
class _Curves:
    """The history, one value an epoch."""

    loss: np.ndarray
    val_loss: np.ndarray | None
    accuracy: np.ndarray | None
    val_accuracy: np.ndarray | None

    @property
    def epochs(self) -> int:
        return len(self.loss)


def judge(history: Mapping[str, Sequence[float]], training: Training) -> list[Finding]:
    """What the curves say.

    Args:
        history: `loss` and, where measured, `val_loss`, `accuracy` and `val_accuracy`, one value
            an epoch, losses in nats.
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
    names = [field.name for field in dataclasses.fields(_Curves)]
    curves = _Curves(**{n: np.asarray(history[n], float) if n in history else None for n in names})
    if not _is_finite(curves):
        found = [_not_finite(curves, training)]
    else:
        found = [f for look in _PATTERNS if (f := look(curves, training)) is not None]
    found = found or [_nothing_wrong(curves)]
    drawn = {name: _drawable(history[name]) for name in names if name in history}
    return [
        dataclasses.replace(f, figures={**f.figures, "curves": drawn} if index == 0 else f.figures)
        for index, f in enumerate(found)
    ]


def _is_finite(curves: _Curves) -> bool:
    losses = [values for values in (curves.loss, curves.val_loss) if values is not None]
    return all(np.isfinite(values).all() for values in losses)


def _drawable(values: Sequence[float]) -> list[float | None]:
    """JSON has no NaN."""
    return [float(value) if math.isfinite(value) else None for value in values]


def _finding(verdict: Verdict, pattern: str, evidence: str, meaning: str, fix: str) -> Finding:
    return Finding(CHECK, verdict, evidence, meaning, fix, {"pattern": pattern})


def _not_finite(curves: _Curves, training: Training) -> Finding:
    losses = curves.loss if curves.val_loss is None else curves.loss + curves.val_loss
    epoch = int(np.argmin(np.isfinite(losses))) + 1
    return _finding(
        "fail",
        "not_finite",
        f"The loss is no finite number from epoch {epoch} on.",
        "The weights are ruined: a step was too long, or the data holds values that are none.",
        _or("Lower `training.learning_rate` by ten", _clip(training), _warm_up(training)),
    )


def _diverging(curves: _Curves, training: Training) -> Finding | None:
    """The loss ends well above where it began, or above what chance would give."""
    first, last = curves.loss[0], curves.loss[-1]
    worst = max(training.chance_loss, first) * _DIVERGED
    if last <= worst:
        return None
    return _finding(
        "fail",
        "diverging",
        f"The training loss went from {first:.3g} to {last:.3g}; guessing by class frequencies "
        f"gives {training.chance_loss:.3g}.",
        "The steps are so long that training moves away from a solution.",
        _or("Lower `training.learning_rate` by ten", _clip(training)),
    )


def _spikes(curves: _Curves, training: Training) -> Finding | None:
    """The training loss jumps up between epochs, by much of what had been gained."""
    if curves.epochs < 2:
        return None
    jumps = np.diff(curves.loss)
    gained = max(curves.loss[0], training.chance_loss) - np.minimum.accumulate(curves.loss)[:-1]
    is_spike = (jumps > _SPIKE_SHARE * gained) & (jumps > _SPIKE_SHARE * training.chance_loss)
    if not is_spike.any() or _diverging(curves, training):
        return None
    epoch = int(np.argmax(np.where(is_spike, jumps, -np.inf))) + 1
    return _finding(
        "warn",
        "spikes",
        f"The training loss jumped from {curves.loss[epoch - 1]:.3g} to {curves.loss[epoch]:.3g} "
        f"in epoch {epoch + 1}; {is_spike.sum()} such jumps in {curves.epochs} epochs.",
        "Single steps undo what many had gained: the rate is too high for some batches.",
        _or("Lower `training.learning_rate` by three", _clip(training), _warm_up(training)),
    )


def _flat(curves: _Curves, training: Training) -> Finding | None:
    """The training loss stays at chance, for all epochs or for the first third of at least six."""
    is_flat = curves.loss > (1 - _FLAT) * training.chance_loss
    first = max(2, curves.epochs // 3)
    if curves.epochs < 2 or not is_flat[:first].all() or _diverging(curves, training):
        return None
    numbers = f"guessing by class frequencies gives {training.chance_loss:.3g}"
    if is_flat.all():
        return _finding(
            "fail",
            "flat",
            f"The training loss stayed at {curves.loss[-1]:.3g} for all {curves.epochs} epochs; "
            f"{numbers}.",
            "Nothing was learned: the rate is too small, the initialisation blocks the gradients, "
            "nothing is trained, or inputs and labels have nothing to do with each other.",
            "Run `maru doctor`: `overfit_sample`, `gradient_flow` and `learning_rate_range` tell "
            "these apart. Then raise `training.learning_rate` by ten.",
        )
    epoch = int(np.argmin(is_flat)) + 1
    return _finding(
        "warn",
        "flat_start",
        f"The training loss stayed at {curves.loss[0]:.3g} until epoch {epoch} of "
        f"{curves.epochs}; {numbers}.",
        "Epochs were lost at the start: the rate is too small there, or the initialisation is bad.",
        _or(
            "Raise `training.learning_rate` by three",
            "shorten the warm-up of `training.schedule`" if "warmup" in training.has else "",
            "choose another initializer in `model.recipe`" if "recipe" in training.has else "",
        ),
    )


def _plateau(curves: _Curves, training: Training) -> Finding | None:
    """The training loss fell, then stopped well above zero, and the rate was never lowered."""
    if curves.epochs < _ENOUGH_EPOCHS or training.decays:
        return None
    tail = curves.epochs // 3
    fell = curves.loss[0] - curves.loss[-tail - 1]
    falls = curves.loss[-tail - 1] - curves.loss[-1]
    is_high = curves.loss[-1] > _HIGH * training.chance_loss
    if not is_high or fell < _FLAT * training.chance_loss or falls > _STOPPED * fell:
        return None
    return _finding(
        "warn",
        "plateau",
        f"The training loss fell to {curves.loss[-tail - 1]:.3g} by epoch {curves.epochs - tail} "
        f"and to {curves.loss[-1]:.3g} in the {tail} epochs after it.",
        "At a rate that stays as high, training circles a minimum that it cannot enter.",
        "Let the rate fall: `training.schedule: {kind: cosine, warmup: 0.1}`.",
    )


def _overfitting(curves: _Curves, training: Training) -> Finding | None:
    """Validation has risen well above its best while training went on falling."""
    if curves.val_loss is None or curves.epochs < 2:
        return None
    best = int(np.argmin(curves.val_loss))
    rise = curves.val_loss[-1] - curves.val_loss[best]
    gap = curves.val_loss[-1] - curves.loss[-1]
    has_gap = gap > max(_GAP * training.chance_loss, _noise(training))
    has_risen = rise > _RISE * training.chance_loss
    accuracy_gap = _accuracy_gap(curves)
    wide = accuracy_gap is not None and accuracy_gap > max(_ACCURACY_GAP, _noise(training))
    if not (has_gap and (has_risen or wide)):
        return None
    risen = f"; its best was {curves.val_loss[best]:.3g} in epoch {best + 1}" if has_risen else ""
    return _finding(
        "warn",
        "overfitting",
        f"The loss is {curves.loss[-1]:.3g} on training and {curves.val_loss[-1]:.3g} on "
        f"validation after {curves.epochs} epochs{risen}.",
        "The model knows the training examples by heart; what it learned last does not carry over.",
        _against_overfitting(training),
    )


def _too_weak(curves: _Curves, training: Training) -> Finding | None:
    """Both losses are high, close to each other, and no longer falling."""
    if curves.val_loss is None or curves.epochs < _ENOUGH_EPOCHS or _is_improving(curves):
        return None
    is_high = curves.loss[-1] > _WEAK * training.chance_loss
    gap = abs(curves.val_loss[-1] - curves.loss[-1])
    if not is_high or gap > _GAP * training.chance_loss or _flat(curves, training):
        return None
    return _finding(
        "warn",
        "too_weak",
        f"The loss is {curves.loss[-1]:.3g} on training and {curves.val_loss[-1]:.3g} on "
        f"validation, against {training.chance_loss:.3g} by guessing, and no longer falls.",
        "The model cannot even describe what it trains on: it is too small, held back too much, "
        "or the inputs tell little of the labels.",
        _against_weakness(training),
    )


def _validation_better(curves: _Curves, training: Training) -> Finding | None:
    """Validation is easier than training, though training is not made harder on purpose."""
    if curves.val_loss is None or training.is_harder or curves.epochs < _ENOUGH_EPOCHS:
        return None
    # The loss of an epoch is the mean over its steps, so while it falls it lags by half an epoch.
    late = slice(-max(2, curves.epochs // 4), None)
    gap = float(np.mean(curves.loss[late] - curves.val_loss[late]))
    moving = float(abs(curves.loss[late][0] - curves.loss[late][-1]))
    if gap < max(_GAP * training.chance_loss, moving, _noise(training)):
        return None
    return _finding(
        "warn",
        "validation_better",
        f"The loss is {curves.loss[-1]:.3g} on training and {curves.val_loss[-1]:.3g} on "
        "validation, without dropout or augmentation to explain it.",
        "The validation split is easier than the training split, or training rows are in it.",
        "Run `maru doctor` for `leakage` and `covariate_shift`, and look at `data.split`.",
    )


def _still_improving(curves: _Curves, training: Training) -> Finding | None:
    """Validation is still falling at the end: by much, or as steadily as all the time before."""
    if not _is_improving(curves) or curves.val_loss is None:
        return None
    tail = max(1, curves.epochs // 5)
    before, last = curves.val_loss[-tail - 1], curves.val_loss[-1]
    fell = curves.val_loss[0] - last
    usual = fell * tail / (curves.epochs - 1)
    has_course = curves.epochs >= _ENOUGH_EPOCHS and fell > _FLAT * training.chance_loss
    is_steady = has_course and before - last > _STEADY * usual
    if before - last < _IMPROVING * training.chance_loss and not is_steady:
        return None
    return _finding(
        "warn",
        "still_improving",
        f"The validation loss still fell from {before:.3g} to {last:.3g} in the last {tail} of "
        f"{curves.epochs} epochs.",
        "Training ended before it was done.",
        f"Train longer: `training.epochs: {2 * curves.epochs}`"
        + (
            "."
            if "early_stopping" in training.has
            else "; `training.early_stopping` ends it in time."
        ),
    )


def _or(*ways: str) -> str:
    """Ways out as one sentence; empty ones are left out."""
    first, *others = [way for way in ways if way]
    if not others:
        return f"{first}."
    return f"{', '.join([first, *others[:-1]])}, or {others[-1]}."


def _clip(training: Training) -> str:
    if "clip_norm" in training.has:
        return "lower `training.clip_norm`"
    return "set `training.clip_norm: 1.0`"


def _warm_up(training: Training) -> str:
    if "warmup" in training.has:
        return "lengthen the warm-up of `training.schedule`"
    return "add a warm-up to `training.schedule`"


def _against_overfitting(training: Training) -> str:
    ways = ["more data"]
    ways += [] if "augmentation" in training.has else ["`augmentation`"]
    ways += [] if "pretrained" in training.has else ["a pretrained model"]
    ways += ["more dropout or `weight_decay`", "a smaller model"]
    kept = "" if "early_stopping" in training.has else _KEEPS_BEST
    return f"Try, in this order: {', '.join(ways)}{kept}."


def _against_weakness(training: Training) -> str:
    ways = ["more layers", "more width"]
    ways += ["a longer `sequence_length`"] if "sequence_length" in training.has else []
    ways += ["unfreeze with `fine_tuning`"] if "fine_tuning" in training.has else []
    return f"Take a larger `model` ({', '.join(ways)}), or less dropout and `weight_decay`."


def _is_improving(curves: _Curves) -> bool:
    """Whether the last epochs brought the lowest validation loss, below all before them."""
    if curves.val_loss is None or curves.epochs < 2:
        return False
    return int(np.argmin(curves.val_loss)) == curves.epochs - 1


def _accuracy_gap(curves: _Curves) -> float | None:
    if curves.accuracy is None or curves.val_accuracy is None:
        return None
    return float(curves.accuracy[-1] - curves.val_accuracy[-1])


def _noise(training: Training) -> float:
    """Two standard errors of an accuracy of one half, the widest there is, on the split."""
    return 1 / math.sqrt(max(1, training.num_validation))


def _nothing_wrong(curves: _Curves) -> Finding:
    validation = "" if curves.val_loss is None else f", {curves.val_loss[-1]:.3g} on validation"
    return Finding(
        CHECK,
        "pass",
        f"The loss fell from {curves.loss[0]:.3g} to {curves.loss[-1]:.3g} on training"
        f"{validation} in {curves.epochs} epochs.",
        figures={"pattern": "none"},
    )


_KEEPS_BEST = "; `training.early_stopping` keeps the best epoch"
# Shares of the loss at chance, so that they hold for two classes and for a thousand; set by hand
# on made-up histories.
_DIVERGED = 1.2
_SPIKE_SHARE = 0.25
_FLAT = 0.03
_HIGH = 0.15
_STOPPED = 0.02
_GAP = 0.15
_RISE = 0.1
_WEAK = 0.7
_IMPROVING = 0.05
_STEADY = 0.7  # of the mean fall of an epoch
_ACCURACY_GAP = 0.1
_ENOUGH_EPOCHS = 4

_PATTERNS: tuple[Callable[[_Curves, Training], Finding | None], ...] = (
    _diverging,
    _flat,
    _spikes,
    _overfitting,
    _validation_better,
    _too_weak,
    _plateau,
    _still_improving,
)
"""Ways to look at the curves, what is most serious first."""
