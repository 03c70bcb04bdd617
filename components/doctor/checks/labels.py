"""Labels that contradict each other."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from components.doctor import rows as doctor_rows
from components.doctor.finding import Finding
from components.doctor.rows import Rows, Sample

NAME = "label_conflicts"
_WARN, _FAIL = 0.005, 0.1  # shares of rows whose input occurs with other labels
_EXAMPLES = 5
ONE_LABEL = (
    "Correct the labels in `data.source`, or keep the most frequent label of each input; if an "
    "input can have several labels, ask a question that has one answer."
)
"""What to do where a row has one label."""
SEVERAL_LABELS = (
    "Correct the labels in `data.source`: give equal inputs the same labels, since one that a row "
    "lacks is learned as wrong for it."
)
"""What to do where a row has several."""


def label_conflicts(
    rows: Mapping[str, Rows],
    sample: Mapping[str, Sample],
    groups: Mapping[str, np.ndarray],
    fix: str = ONE_LABEL,
) -> Finding:
    """Count rows whose input also occurs with another label, in any split.

    Args:
        rows: All rows by split, with a text as their target.
        sample: The rows that were compared for near duplicates, by split.
        groups: Number of each sampled row's group of nearly equal inputs by split, `(rows,)` int.
        fix: What to do.

    Returns:
        `warn` from 0.5 % of the rows, `fail` from a tenth; figures `exact` and `near` (shares, of
        which the verdict takes the exact one) and `examples` (inputs of the sample, their labels).
    """
    found = _labels_by(
        np.concatenate([part.keys for part in rows.values()]),
        [label for part in rows.values() for label in part.targets],
    )
    alike = _labels_by(
        np.concatenate([groups[split] for split in sample]),
        [label for part in sample.values() for label in part.targets],
    )
    exact, near = _conflicting(found), _conflicting(alike)
    most = sum(max(labels.values()) for labels in found.values())
    right = most / sum(labels.total() for labels in found.values())
    evidence = (
        f"{exact:.1%} of the rows have an input that also occurs with another label; "
        f"{near:.1%} of those compared have a nearly equal one with another label."
    )
    figures = {"exact": exact, "near": near, "examples": _examples(sample, found)}
    if exact < _WARN:
        return Finding(NAME, "pass", evidence, figures=figures)
    return Finding(
        NAME,
        "fail" if exact >= _FAIL else "warn",
        evidence,
        f"No model can be right in more than {right:.1%} of the rows, and training on "
        "contradictions teaches doubt.",
        fix,
        figures,
    )


def _labels_by(groups: np.ndarray, labels: list[str]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for group, label in zip(groups.tolist(), labels, strict=True):
        found[group][label] += 1
    return found


def _conflicting(found: Mapping[int, Counter[str]]) -> float:
    total = sum(labels.total() for labels in found.values())
    return sum(labels.total() for labels in found.values() if len(labels) > 1) / total


def _examples(
    sample: Mapping[str, Sample], found: Mapping[int, Counter[str]]
) -> list[dict[str, object]]:
    shown: dict[int, dict[str, object]] = {}
    for split, part in sample.items():
        for content, place, key in zip(part.inputs, part.places, part.keys.tolist(), strict=True):
            if len(shown) == _EXAMPLES:
                return list(shown.values())
            if len(found[key]) > 1 and key not in shown:
                name = doctor_rows.excerpt(content, split, int(place))
                shown[key] = {"input": name, "labels": dict(found[key])}
    return list(shown.values())
