"""How many rows each label has."""

from collections import Counter
from collections.abc import Mapping, Sequence

from components.doctor.finding import Figures, Finding, Verdict
from components.doctor.setting import Setting

NAME = "class_balance"
DOMINANT = 0.98
"""Share of the largest class from which a model that knows nothing looks excellent."""
RATIO = 10
"""Rows of the largest class per row of the smallest that are worth a warning. "Moderate" imbalance
begins with a minority of a fifth and "extreme" with one of a hundredth in Google's course,
https://developers.google.com/machine-learning/crash-course/overfitting/imbalanced-datasets."""
_NO_SETTING = Setting()
FEW = 5
"""Rows below which a class is hardly learned."""


def class_balance(labels: Mapping[str, Sequence[str]], setting: Setting = _NO_SETTING) -> Finding:
    """Count the labels of each split.

    Args:
        labels: Labels by split, `train` among them.
        setting: How the rows came about, and what is done about rare classes.

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
            f"{setting.check_target()}, and that there are training rows of every class.",
            figures,
        )
    if unseen:
        return _unseen(unseen, evidence, setting, figures)
    if share < DOMINANT and most < RATIO * least and least >= FEW:
        return Finding(NAME, "pass", evidence, figures=figures)
    if setting.is_weighted and least >= FEW:
        note = f"{evidence} Rare classes count more, as the config asks."
        return Finding(NAME, "pass", note, figures=figures)
    verdict: Verdict = "fail" if share >= DOMINANT and not setting.is_weighted else "warn"
    return Finding(NAME, verdict, evidence, *_rare(share, setting), figures)


def _rare(share: float, setting: Setting) -> tuple[str, str]:
    ways = []
    if not setting.is_weighted:
        ways.append("set `training.class_weights: balanced` or `copies: {balance: true}`")
    if "macro_f1" not in setting.must_reach:
        ways.append("put `macro_f1` into `evaluation.must_reach`")
    ways.append("collect more rows of the rare classes")
    told = ", and ".join([", ".join(ways[:-1]), ways[-1]]) if len(ways) > 1 else ways[0]
    return (
        f"A model that always gives the most frequent label is right in {share:.1%} of the rows, "
        "so accuracy hides whether the rare classes are learned.",
        f"{told[0].upper()}{told[1:]}.",
    )


def _unseen(
    unseen: Mapping[str, int], evidence: str, setting: Setting, figures: Figures
) -> Finding:
    names = ", ".join(repr(label) for label in sorted(unseen)[:5])
    return Finding(
        NAME,
        "fail",
        f"{len(unseen)} labels are not in the training rows at all: {names}"
        f"{', ...' if len(unseen) > 5 else ''} ({sum(unseen.values()):,} rows). {evidence}",
        "The model cannot give these labels, so their rows are always wrong.",
        f"Correct the spelling of labels, or {_training_rows(setting)}.",
        figures,
    )


def _training_rows(setting: Setting) -> str:
    """How the training rows get labels that they lack, as a part of a sentence."""
    if setting.split_column:
        return f"write `train` into column {setting.split_column!r} of some rows with these labels"
    if setting.named_splits:
        return "add rows with these labels to the files or folders named train"
    if not setting.is_stratified:
        return "set `data.split.stratify: true`"
    return "collect more rows with these labels"
