"""What rows with several labels each are like: how often labels come, alone, together, or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.doctor.finding import Finding
from components.doctor.setting import Setting

FREQUENCIES, UNLABELLED, TOGETHER = "label_frequencies", "unlabelled_rows", "label_cooccurrence"
_NO_SETTING = Setting()
_FEW = 5  # rows below which a label is hardly learned
_ALWAYS = 0.98  # share of rows from which a label tells nothing
_WARN, _FAIL = 0.3, 0.9  # shares of rows without a label
_APART = 0.15  # by which the share of rows without a label may differ between splits
_SURE = 4.0  # standard errors of that difference
_SAME = 0.98  # share of the rows of either label that have both
_LABELS = 200  # labels that are compared with each other, the most frequent ones
_ROWS_AT_ONCE = 10_000  # that are held with a number for each of these labels
_SHOWN = 5

Sets = Mapping[str, Sequence[Sequence[str]]]
"""Labels of each row by split, `train` among them."""


def label_frequencies(sets: Sets, setting: Setting = _NO_SETTING) -> Finding:
    """Count in how many rows each label occurs.

    Args:
        sets: Labels by split.
        setting: Where the labels are from.

    Returns:
        `fail` where no training row has a label, all have the same ones, or another split has
        labels that train lacks; `warn` for labels that fewer than five training rows have, or
        nearly all; figures `counts` (rows by split and label) and `rows` (by split).
    """
    counts = {split: _counted(rows) for split, rows in sets.items()}
    train, total = counts["train"], len(sets["train"])
    figures: dict[str, Any] = {
        "counts": {split: dict(found.most_common()) for split, found in counts.items()},
        "rows": {split: len(rows) for split, rows in sets.items()},
    }
    if len({frozenset(row) for row in sets["train"]}) < 2:
        said = ", ".join(map(repr, sorted(train))) or "no label"
        return Finding(
            FREQUENCIES,
            "fail",
            f"All {total:,} training rows have the same labels: {said}.",
            "There is nothing to tell apart.",
            f"{setting.check_target()}, and that `task.separator` is what stands between labels.",
            figures,
        )
    (largest, most), (smallest, least) = train.most_common(1)[0], train.most_common()[-1]
    evidence = (
        f"{len(train)} labels in {total:,} training rows, {train.total() / total:.1f} a row; "
        f"{largest!r} is in {most / total:.1%} of them, {smallest!r} in {least:,} rows."
    )
    unseen = set().union(*counts.values()) - set(train)
    if unseen:
        rows = sum(found[label] for found in counts.values() for label in unseen)
        return Finding(
            FREQUENCIES,
            "fail",
            f"{len(unseen)} labels are in no training row: {_some(sorted(unseen))} ({rows:,} "
            f"times). {evidence}",
            "The model cannot give these labels, so their rows are never right.",
            "Correct the spelling of labels and `task.separator`, or add training rows with them.",
            figures,
        )
    always = [label for label, rows in train.items() if rows >= _ALWAYS * total]
    rare = [label for label, rows in train.items() if rows < _FEW]
    if not always and not rare:
        return Finding(FREQUENCIES, "pass", evidence, figures=figures)
    meanings, fixes = [], []
    if rare:
        meanings.append(
            f"{len(rare)} labels are in fewer than {_FEW} training rows and hardly learned: "
            f"{_some(rare)}."
        )
        fixes.append("Collect more rows with rare labels, merge them or leave them out")
    if always:
        meanings.append(f"Nearly every row has {_some(always)}, which tells nothing of a row.")
        fixes.append(f"Leave {_some(always)} out of `{setting.target}`")
    return Finding(
        FREQUENCIES, "warn", evidence, " ".join(meanings), f"{'; '.join(fixes)}.", figures
    )


def unlabelled_rows(sets: Sets, setting: Setting = _NO_SETTING) -> Finding:
    """Count rows without any label, which are learned as rows that no label fits.

    Args:
        sets: Labels by split.
        setting: Where the labels are from.

    Returns:
        `warn` from 30 % of the training rows, or where another split has many more or fewer;
        `fail` from 90 %; figures `unlabelled` (share by split).
    """
    shares = {split: float(np.mean([not row for row in rows])) for split, rows in sets.items()}
    said = ", ".join(f"{share:.1%} of {split}" for split, share in shares.items())
    evidence = f"Rows without a label: {said}."
    figures = {"unlabelled": shares}
    apart = [
        split
        for split, share in shares.items()
        if abs(share - shares["train"])
        > max(_APART, _SURE * _error(len(sets["train"]), len(sets[split])))
    ]
    if shares["train"] < _WARN and not apart:
        return Finding(UNLABELLED, "pass", evidence, figures=figures)
    return Finding(
        UNLABELLED,
        "fail" if shares["train"] >= _FAIL else "warn",
        evidence,
        "A row without a label teaches that none fits. If nobody looked at these rows, the model "
        "learns to answer nothing"
        + (f", and metrics of {', '.join(apart)} are about other rows." if apart else "."),
        f"Leave rows that nobody labelled out of `data.source`. If none fits them, all is well. "
        f"{setting.check_target()}.",
        figures,
    )


def label_cooccurrence(sets: Sets) -> Finding:
    """Look for labels that come together in nearly every row that has one of them.

    Args:
        sets: Labels by split, of which the training rows are looked at.

    Returns:
        `warn` where there are any; figures `together` (pairs of labels, the most frequent first).
    """
    counts = _counted(sets["train"])
    # By name where counts are equal: how rows were counted must not decide.
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    names = [label for label in ordered[:_LABELS] if counts[label] >= _FEW]
    places = {label: place for place, label in enumerate(names)}
    both = np.zeros((len(names), len(names)))
    for start in range(0, len(sets["train"]), _ROWS_AT_ONCE):
        part = sets["train"][start : start + _ROWS_AT_ONCE]
        has = np.zeros((len(part), len(names)), np.float32)
        for row, labels in enumerate(part):
            has[row, [places[label] for label in labels if label in places]] = 1
        both += has.T @ has
    either = np.diag(both)[:, None] + np.diag(both)[None] - both
    ends = np.argwhere(np.triu(both >= _SAME * either, 1))
    found = [(names[first], names[second]) for first, second in ends]
    figures = {"together": [list(pair) for pair in found]}
    if not found:
        evidence = f"No two of the {len(names)} labels of {_FEW} rows or more are always together."
        return Finding(TOGETHER, "pass", evidence, figures=figures)
    shown = ", ".join(f"{a!r} and {b!r} ({counts[a]:,} rows)" for a, b in found[:_SHOWN])
    return Finding(
        TOGETHER,
        "warn",
        f"{len(found)} pairs of labels come together in nearly every row that has one: {shown}.",
        "Two labels that are always together are one: nothing can be learned of their difference, "
        "and metrics count each answer twice.",
        "Merge them in `data.source`, or collect rows with one of them alone.",
        figures,
    )


def _counted(rows: Sequence[Sequence[str]]) -> Counter[str]:
    """Rows by label; a label that is there twice counts once."""
    return Counter(label for row in rows for label in set(row))


def _error(train: int, other: int) -> float:
    """Largest standard error of the difference of two shares."""
    return 0.5 * (1 / train + 1 / other) ** 0.5


def _some(labels: Sequence[str]) -> str:
    more = ", ..." if len(labels) > _SHOWN else ""
    return ", ".join(map(repr, labels[:_SHOWN])) + more
