"""What can be wrong with two texts a row: the same twice, turned round, one that is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.doctor import rows
from components.doctor.checks.strength import MEASURES, SCALES, Split, Strength
from components.doctor.columns import Column
from components.doctor.finding import Finding
from components.doctor.setting import Setting

IDENTICAL, ORDER, ALONE = "identical_texts", "text_order", "one_text_alone"
_NO_SETTING = Setting()
_SAME_WARN, _SAME_FAIL = 0.1, 0.5  # shares of the training rows
_FEWEST = 20  # texts of a column below which their order cannot be told
_FOLDS = 3
_ORDERED = 0.6  # area under the ROC curve from which the training texts have an order
_TURNED = 0.4  # area from which another split has the other one
_MIRRORED = 0.05  # share of a split whose rows are training rows turned round
_DEVIATIONS = 4  # of an area's standard error that an alarm needs
_ALONE = 0.3  # strength from which one text tells too much, and
_OF_BOTH = 0.7  # share of what both tell that this is, as of entailment without a premise
_SURE = 3.0  # standard errors

Pairs = Mapping[str, Sequence[tuple[str, str]]]
"""Two texts of each row by split, `train` among them."""


def identical_texts(pairs: Pairs, columns: Sequence[Column]) -> Finding:
    """Count rows whose two texts are the same but for case, spacing and Unicode form.

    Args:
        pairs: Texts by split.
        columns: Of the two texts.

    Returns:
        `warn` from a tenth of the rows of a split, `fail` from half of them; figures `identical`
        (share by split).
    """
    shares = {
        split: float(np.mean([rows.normalize(a) == rows.normalize(b) for a, b in found]))
        for split, found in pairs.items()
        if len(found)
    }
    said = ", ".join(f"{share:.1%} of {split}" for split, share in shares.items())
    evidence = f"Rows whose two texts are the same: {said}."
    figures = {"identical": shares}
    worst = max(shares.values())
    if worst < _SAME_WARN:
        return Finding(IDENTICAL, "pass", evidence, figures=figures)
    return Finding(
        IDENTICAL,
        "fail" if worst >= _SAME_FAIL else "warn",
        evidence,
        "Two equal texts say nothing of how texts go together, and a model need not read them to "
        "see that they are equal.",
        f"Check that {' and '.join(f'`task.{one.field}` ({one.name!r})' for one in columns)} name "
        "columns with different texts, and leave rows with one text twice out of `data.source`.",
        figures,
    )


def text_order(
    model: Any, pairs: Pairs, names: Sequence[str], seed: int, setting: Setting = _NO_SETTING
) -> Finding:
    """Ask whether other splits have the two texts in the order of the training rows.

    Args:
        model: A scikit-learn classifier of sparse rows with a decision function.
        pairs: Texts by split.
        names: Columns of the two texts.
        seed: Of the folds.
        setting: How the rows came into their splits.

    Returns:
        `fail` where a split has the training rows' second texts first, `warn` where a twentieth of
        a split are training rows turned round; figures `order` (area under the ROC curve of a
        classifier that tells first from second texts of train, by split) and `mirrored` (shares).
    """
    areas = _areas(model, pairs, seed)
    mirrored = _mirrored(pairs)
    figures = {"order": {split: area for split, (area, _) in areas.items()}, "mirrored": mirrored}
    said = ", ".join(f"{area:.2f} in {split}" for split, (area, _) in areas.items())
    evidence = (
        f"Area under the ROC curve of a classifier that tells {names[0]!r} from {names[1]!r} "
        f"(0.5: they have no order): {said or 'too few texts'}."
    )
    train, error = areas.get("train", (0.5, 0.0))
    is_ordered = train > max(_ORDERED, 0.5 + _DEVIATIONS * error)
    turned = [
        split
        for split, (area, error) in areas.items()
        if is_ordered and area < min(_TURNED, 0.5 - _DEVIATIONS * error)
    ]
    if turned:
        return Finding(
            ORDER,
            "fail",
            evidence,
            f"In {', '.join(turned)} the two texts are swapped: {names[0]!r} has what {names[1]!r} "
            "has in train, so metrics there are untrue.",
            f"Swap {names[0]!r} and {names[1]!r} in the rows of {', '.join(turned)} in "
            "`data.source`.",
            figures,
        )
    seen = {split: share for split, share in mirrored.items() if share > _MIRRORED}
    if not seen:
        return Finding(ORDER, "pass", evidence, figures=figures)
    shown = ", ".join(f"{share:.1%} of {split}" for split, share in seen.items())
    return Finding(
        ORDER,
        "warn",
        f"Training rows turned round: {shown}. {evidence}",
        "If the order of the two texts does not matter, the model is asked what it was told.",
        f"Remove these rows from one of the splits, or {setting.keep_together()}.",
        figures,
    )


def one_text_alone(
    model: Any,
    alone: Sequence[Split],
    both: Split,
    names: Sequence[str],
    seed: int,
    setting: Setting = _NO_SETTING,
) -> Finding:
    """Ask what each of the two texts tells of the target without the other.

    Args:
        model: A scikit-learn classifier, or a regression for numbers.
        alone: For each text, what the model reads of it in the training rows, and targets.
        both: The same of both texts.
        names: Columns of the two texts.
        seed: Of the folds.
        setting: What the target holds.

    Returns:
        `warn` where one text tells 30 % of the way from chance to perfect and nearly all that both
        tell; figures `strength` (by column and of `both`, see `strength.py`).

    Source:
        Poliak et al. (2018), "Hypothesis Only Baselines in Natural Language Inference",
        https://arxiv.org/abs/1805.01042.
    """
    measure = MEASURES[setting.holds]
    found: dict[str, Strength] = {}
    for name, split in zip((*names, "both"), (*alone, both), strict=True):
        found.update((name, one) for _, one in measure(model, {"train": split}, seed))
    figures = {"strength": {name: one.value for name, one in found.items()}}
    if len(found) <= len(names):
        evidence = "Too few training rows to tell what one text says."
        return Finding(ALONE, "pass", evidence, figures=figures)
    told = ", ".join(f"{found[name].value:.0%} by {name!r} alone" for name in names)
    evidence = (
        f"A simple model of words tells {told}, {found['both'].value:.0%} by both texts "
        f"({SCALES[setting.holds]})."
    )
    telling = [
        name
        for name in names
        if found[name].value - _SURE * found[name].error > 0
        and found[name].value >= _ALONE
        and found[name].value >= _OF_BOTH * found["both"].value
    ]
    if not telling:
        return Finding(ALONE, "pass", evidence, figures=figures)
    return Finding(
        ALONE,
        "warn",
        evidence,
        f"{' and '.join(map(repr, telling))} gives {setting.target!r} away without the other text: "
        "a model need not compare them, scores well here and fails on pairs made otherwise.",
        "Look at how pairs were made (were rows of one label written by other rules, or drawn from "
        "another source?). Give each text partners of every label, and hold a model's metrics "
        "against this figure, not against chance.",
        figures,
    )


def _areas(model: Any, pairs: Pairs, seed: int) -> dict[str, tuple[float, float]]:
    """Area and its standard error at chance by split, of splits with enough texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    known: set[str] = set()
    found: dict[str, tuple[float, float]] = {}
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), dtype=np.float32)
    for split in ("train", *(name for name in pairs if name != "train")):
        first, second = _in_one_column(pairs[split], known)
        if min(len(first), len(second)) < _FEWEST:
            if split == "train":
                return {}
            continue
        which = np.repeat([0, 1], [len(first), len(second)])
        if split == "train":
            # A text that train has would be recognised in another split.
            known = {rows.normalize(text) for pair in pairs[split] for text in pair}
            read = vectorizer.fit_transform([*first, *second])
            folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
            scores = cross_val_predict(model, read, which, cv=folds, method="decision_function")
            model.fit(read, which)
        else:
            scores = model.decision_function(vectorizer.transform([*first, *second]))
        error = ((len(which) + 1) / (12 * len(first) * len(second))) ** 0.5
        found[split] = float(roc_auc_score(which, scores)), error
    return found


def _in_one_column(
    found: Sequence[tuple[str, str]], known: set[str]
) -> tuple[list[str], list[str]]:
    """Distinct texts that stand in the first column alone, and in the second; not known ones."""
    first, second = ({rows.normalize(row[place]) for row in found} for place in (0, 1))
    return sorted(first - second - known), sorted(second - first - known)


def _mirrored(pairs: Pairs) -> dict[str, float]:
    """Share of each other split whose rows, turned round, are training rows."""
    known = {(rows.normalize(a), rows.normalize(b)) for a, b in pairs["train"]}
    shares = {}
    for split, found in pairs.items():
        if split != "train" and len(found):
            turned = [(rows.normalize(b), rows.normalize(a)) for a, b in found]
            shares[split] = float(np.mean([a != b and (a, b) in known for a, b in turned]))
    return shares
