"""Rows of a split that repeat each other."""

from collections.abc import Mapping

import numpy as np

from components.doctor import columns
from components.doctor.finding import Finding
from components.doctor.rows import Rows
from components.doctor.setting import Setting

EXACT, NEAR = "exact_duplicates", "near_duplicates"
_WARN, _FAIL = 0.05, 0.5  # shares of training rows that repeat an earlier one
_NEAR_WARN = 0.1
_NO_SETTING = Setting()
_MEANING = (
    "Repeated rows count as often as they are repeated, so the loss is theirs more than others', "
    "and the data holds less than its number of rows says."
)

_INSTEAD = (
    "; to make a rare class count more, use `training.class_weights` or `copies: {balance: true}` "
    "instead"
)


def exact_duplicates(rows: Mapping[str, Rows], setting: Setting = _NO_SETTING) -> Finding:
    """Count rows whose input is that of an earlier row of their split.

    Texts that differ in case, spacing and Unicode form alone are the same; images are the same if
    their bytes are.

    Args:
        rows: Rows by split, `train` among them.
        setting: What is done about rare classes.

    Returns:
        `warn` from a twentieth of the training rows, `fail` from half of them; figures `repeated`
        (share by split).
    """
    shares = {split: _repeated(found.keys) for split, found in rows.items()}
    said = ", ".join(
        f"{share:.1%} of {len(rows[split]):,} {split}" for split, share in shares.items()
    )
    evidence = f"Rows that repeat another of their split: {said}."
    if shares["train"] < _WARN:
        return Finding(EXACT, "pass", evidence, figures={"repeated": shares})
    has_classes = setting.holds != columns.NOTHING
    instead = "" if setting.is_weighted or not has_classes else _INSTEAD
    return Finding(
        EXACT,
        "fail" if shares["train"] >= _FAIL else "warn",
        evidence,
        _MEANING,
        f"Remove repeated rows from `data.source`{instead}.",
        {"repeated": shares},
    )


def near_duplicates(
    sample: Mapping[str, Rows], groups: Mapping[str, np.ndarray], setting: Setting = _NO_SETTING
) -> Finding:
    """Count inputs that are nearly the same as another, different one of their split.

    Args:
        sample: Rows by split, `train` among them.
        groups: Number of each row's group of nearly equal inputs by split, `(rows,)` int.
        setting: How the rows came into their splits.

    Returns:
        `warn` from a tenth of the training rows; figures `repeated` (share by split).
    """
    shares = {split: _alike(sample[split].keys, groups[split]) for split in sample}
    said = ", ".join(
        f"{share:.1%} of {len(sample[split]):,} {split}" for split, share in shares.items()
    )
    evidence = f"Different inputs that are nearly the same as another of their split: {said}."
    if shares["train"] < _NEAR_WARN:
        return Finding(NEAR, "pass", evidence, figures={"repeated": shares})
    return Finding(
        NEAR,
        "warn",
        evidence,
        _MEANING,
        "Keep one row of each group in `data.source` (quotations, templates, frames of one film), "
        f"or {setting.keep_together()}.",
        {"repeated": shares},
    )


def _repeated(keys: np.ndarray) -> float:
    return 1 - len(np.unique(keys)) / len(keys) if len(keys) else 0.0


def _alike(keys: np.ndarray, groups: np.ndarray) -> float:
    """Share of rows that are distinct but beyond the first of their group."""
    if not len(keys):
        return 0.0
    return (len(np.unique(keys)) - len(np.unique(groups))) / len(keys)
