"""Whether a target that is not one label has anything to do with the inputs."""

from collections.abc import Mapping
from typing import Any

from components.doctor.checks.strength import MEASURES, SCALES, Split, Strength
from components.doctor.finding import Finding
from components.doctor.setting import Setting

NAME = "target_signal"
_SURE = 3.0  # standard errors above chance from which targets are related to inputs
_LITTLE = 0.15  # share of the way from chance to perfect that counts as nothing
_KEPT = 0.5  # share of what is told of train that must hold in another split
_REVERSED = -0.3  # strength from which a split has it the other way round


def target_signal(model: Any, splits: Mapping[str, Split], seed: int, setting: Setting) -> Finding:
    """Ask a simple model to predict the target, by cross-validation and on the other splits.

    Args:
        model: A scikit-learn regression.
        splits: What the model reads, `(rows, dim)` dense or sparse, no two rows of a split of the
            same input; and targets. `train` comes first.
        seed: Of the folds.
        setting: Where the target is from, and what it holds.

    Returns:
        `warn` where the targets of train, or of another split, are at chance though there are
        enough rows to see more; `fail` where another split has them the other way round; figures
        `strength` (by split, see `strength.py`).
    """
    found = dict(MEASURES[setting.holds](model, splits, seed))
    figures = {"strength": {name: one.value for name, one in found.items()}}
    train = found.get("train")
    if train is None:
        evidence = "Too few rows, or too rare labels, to relate to inputs."
        return Finding(NAME, "pass", evidence, figures=figures)
    said = ", ".join(f"{one.value:.0%} of {name}" for name, one in found.items())
    evidence = (
        f"A simple model tells {said} ({SCALES[setting.holds]}; {train.rows:,} training rows)."
    )
    if _is_nothing(train):
        return _unrelated(evidence, setting, figures)
    if train.value < _SURE * train.error:
        evidence = f"{evidence} They are too few to tell more."
        return Finding(NAME, "pass", evidence, figures=figures)
    for name, other in found.items():
        if name == "train" or other.value + 2 * other.error >= _KEPT * train.value:
            continue
        if other.value < _REVERSED and other.value < -_SURE * other.error:
            return _reversed(name, evidence, setting, figures)
        if _is_nothing(other):
            return _unrelated(evidence, setting, figures)
    return Finding(NAME, "pass", evidence, figures=figures)


def _is_nothing(one: Strength) -> bool:
    return one.value < _SURE * one.error and one.value + 2 * one.error < _LITTLE


def _unrelated(evidence: str, setting: Setting, figures: dict[str, Any]) -> Finding:
    return Finding(
        NAME,
        "warn",
        evidence,
        "Targets look as if they were dealt out at random: shuffled, moved by a row against the "
        "inputs, or about something that neither words nor shapes show.",
        f"{setting.check_target()}; compare a few rows of `data.source` with their targets by "
        "eye, and look at how inputs and targets were joined.",
        figures,
    )


def _reversed(split: str, evidence: str, setting: Setting, figures: dict[str, Any]) -> Finding:
    return Finding(
        NAME,
        "fail",
        evidence,
        f"In {split} the target means the opposite of what it means in train (another sign, "
        "another end of the scale, yes for no), so its metrics are untrue.",
        f"Give the rows of {split} in `data.source` the same scale of {setting.target!r} as the "
        "training rows.",
        figures,
    )
