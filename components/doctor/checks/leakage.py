"""Rows to measure on that the model has trained on."""

from collections.abc import Mapping, Sequence

import numpy as np

from components.doctor.finding import Finding
from components.doctor.rows import Rows
from components.doctor.setting import Setting

NAME = "leakage"
_WARN, _FAIL = 0.01, 0.05  # shares of a split that are in the training rows, too
# Shares that are there nearly: templates and quotations make some in honest data.
_NEAR_WARN, _NEAR_FAIL = 0.05, 0.2
_NO_SETTING = Setting()


def leakage(
    rows: Mapping[str, Rows],
    sample: Mapping[str, Rows],
    groups: Mapping[str, np.ndarray],
    setting: Setting = _NO_SETTING,
) -> Finding:
    """Count rows of other splits whose input is, exactly or nearly, one of the training rows'.

    Args:
        rows: All rows by split, `train` and at least one more.
        sample: The rows that were compared for near duplicates, by split.
        groups: Number of each sampled row's group of nearly equal inputs by split, `(rows,)` int.
        setting: How the rows came into their splits.

    Returns:
        `warn` above a hundredth of a split (nearly: a twentieth), `fail` above a twentieth (a
        fifth); figures `exact` and `near` (shares by split, near ones include exact ones).
    """
    others = [split for split in rows if split != "train" and len(rows[split])]
    copied = {s: np.isin(rows[s].keys, rows["train"].keys) for s in others}
    exact = {split: float(flags.mean()) for split, flags in copied.items()}
    near = {s: float(np.isin(groups[s], groups["train"]).mean()) for s in others if len(sample[s])}
    said = ", ".join(
        f"{exact[split]:.1%} of {split} exactly ({copied[split].sum():,} rows), "
        f"{near.get(split, 0.0):.1%} at least nearly"
        for split in others
    )
    evidence = f"Rows that are also among the training rows: {said or 'none'}."
    figures = {"exact": exact, "near": near}
    worst = max(exact.values(), default=0.0), max(near.values(), default=0.0)
    if worst[0] <= _WARN and worst[1] <= _NEAR_WARN:
        return Finding(NAME, "pass", evidence, figures=figures)
    return Finding(
        NAME,
        "fail" if worst[0] > _FAIL or worst[1] > _NEAR_FAIL else "warn",
        evidence,
        "The model is asked what it was told: metrics are better than on new data, and the epoch "
        "that is kept is the one that remembers best.",
        _fix(others, setting),
        figures,
    )


def _fix(others: Sequence[str], setting: Setting) -> str:
    told = f"Remove these rows from one of the splits, or {setting.keep_together()}."
    named = [split for split in others if not setting.is_divided(split)]
    # Rows that are divided by content are together already, unless they are only nearly equal.
    return (
        f"{told} {setting.divide_alike(named[0])}, which keeps equal rows together."
        if named
        else told
    )
