"""How many rows each label has."""

from collections import Counter
from collections.abc import Mapping, Sequence

from components.doctor.finding import Finding

NAME = "class_balance"
DOMINANT = 0.98
"""Share of the largest class from which a model that knows nothing looks excellent."""
RATIO = 10
"""Rows of the largest class per row of the smallest that are worth a warning. "Moderate" imbalance
begins with a minority of a fifth and "extreme" with one of a hundredth in Google's course,
https://developers.google.com/machine-learning/crash-course/overfitting/imbalanced-datasets."""
FEW = 5
"""Rows below which a class is hardly learned."""


def class_balance(labels: Mapping[str, Sequence[str]], *, is_weighted: bool = False) -> Finding:
    """Count the labels of each split.

    Args:
        labels: Labels by split, `train` among them.
        is_weighted: Whether rare classes already count more, or are copied.

    Returns:
        `fail` where there is one class only, where one dominates and nothing is done about it, or
        where other splits have labels that cannot be learned; figures `counts`.
    """
    counts = {split: Counter(values) for split, values in labels.items()}
    train = counts["train"]
    (largest, most), (smallest, least) = train.most_common(1)[0], train.most_common()[-1]
    share = most / train.total()
    evidence = (
        f"{len(train)} classes in {train.total():,} training rows; {largest!r} has {share:.1%} of "
        f"them, {smallest!r} {least:,} rows."
    )
    figures = {"counts": {split: dict(found.most_common()) for split, found in counts.items()}}
    unseen = {
        label: found[label]
        for split, found in counts.items()
        for label in found.keys() - train.keys()
    }
    if len(train) < 2:
        return Finding(
            NAME,
            "fail",
            f"All {train.total():,} training rows have the label {largest!r}.",
            "There is nothing to tell apart.",
            "Check that `task.label` names the right column and that `data.source` and "
            "`data.split` give training rows of every class.",
            figures,
        )
    if unseen:
        return _unseen(unseen, evidence, figures)
    if share < DOMINANT and most < RATIO * least and least >= FEW:
        return Finding(NAME, "pass", evidence, figures=figures)
    if is_weighted and least >= FEW:
        note = f"{evidence} Rare classes count more, as the config asks."
        return Finding(NAME, "pass", note, figures=figures)
    verdict = "fail" if share >= DOMINANT and not is_weighted else "warn"
    return Finding(NAME, verdict, evidence, *_rare(share), figures)


def _rare(share: float) -> tuple[str, str]:
    return (
        f"A model that always gives the most frequent label is right in {share:.1%} of the rows, "
        "so accuracy hides whether the rare classes are learned.",
        "Set `training.class_weights: balanced` or `copies: {balance: true}`, put `macro_f1` "
        "into `evaluation.must_reach`, and collect more rows of the rare classes.",
    )


def _unseen(unseen: Mapping[str, int], evidence: str, figures: dict) -> Finding:
    names = ", ".join(repr(label) for label in sorted(unseen)[:5])
    return Finding(
        NAME,
        "fail",
        f"{len(unseen)} labels are not in the training rows at all: {names}"
        f"{', ...' if len(unseen) > 5 else ''} ({sum(unseen.values()):,} rows). {evidence}",
        "The model cannot give these labels, so their rows are always wrong.",
        "Set `data.split.stratify: true`, correct the spelling of labels, or add training rows "
        "with these labels.",
        figures,
    )
