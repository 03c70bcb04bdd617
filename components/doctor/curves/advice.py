"""What to change after a training, without what is set already or what the model lacks."""

from __future__ import annotations

from components.doctor.curves.history import Training


def either(*ways: str) -> str:
    """Ways out as one sentence; empty ones are left out."""
    first, *others = [way for way in ways if way]
    if not others:
        return f"{first}."
    return f"{', '.join([first, *others[:-1]])}, or {others[-1]}."


def clip(training: Training) -> str:
    """How gradients are held back."""
    if "clip_norm" in training.has:
        return "lower `training.clip_norm`"
    return "set `training.clip_norm: 1.0`"


def warm_up(training: Training) -> str:
    """How the first steps are made shorter."""
    if "warmup" in training.has:
        return "lengthen the warm-up of `training.schedule`"
    return "add a warm-up to `training.schedule`"


def against_overfitting(training: Training) -> str:
    """What helps a model that learns by heart, in the order to try."""
    ways = ["more data"]
    ways += [] if "augmentation" in training.has else ["`augmentation`"]
    ways += [] if "pretrained" in training.has else ["a pretrained model"]
    ways += ["more dropout or `weight_decay`", "a smaller model"]
    return f"Try, in this order: {', '.join(ways)}."


def keep_best(training: Training, best: int) -> str:
    """How the best epoch, from 1, is kept, as a sentence before others."""
    if training.keeps_best:
        return ""
    return (
        f"Keep the best epoch by `training.early_stopping: {{patience: 2}}`, or set "
        f"`training.epochs: {best}`. "
    )


def against_weakness(training: Training) -> str:
    """What helps a model that cannot describe its training rows."""
    ways = ["more layers", "more width"]
    ways += ["a longer `sequence_length`"] if "sequence_length" in training.has else []
    ways += ["unfreeze with `fine_tuning`"] if "fine_tuning" in training.has else []
    return f"Take a larger `model` ({', '.join(ways)}), or less dropout and `weight_decay`."
