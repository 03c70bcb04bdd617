"""What numbers to learn are like: few values, a long tail, some far from all others.

A network learns them standardised, by squared errors: a few numbers far from the others decide what
is learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from components.doctor import rows as doctor_rows
from components.doctor.finding import Finding
from components.doctor.rows import Rows, Sample
from components.doctor.setting import Setting

VALUES, SKEW, OUTLIERS = "target_values", "target_skew", "target_outliers"
RANGE, CONFLICTS = "target_range", "target_conflicts"
_NO_SETTING = Setting()
_ENOUGH = 50  # rows below which a distribution cannot be told
_CLASSES = 5  # distinct whole numbers up to which they look like names of classes
_ONE_VALUE = 0.9  # share of the rows with one value from which there is little to learn
_BINS = 30
_SKEWED = 2.0  # skewness of an exponential distribution, which is let pass
_HEAVY = 0.25  # share of the variance that the hundredth farthest from the mean has
_FARTHEST = 0.01
_FAR = 8.0
"""Robust z from which a number is an outlier. Iglewicz and Hoaglin (1993), "How to Detect and
Handle Outliers", take 3.5 for normal numbers; Laplace's go beyond 8 once in 3,000."""
_MATTERS, _RULES = 0.1, 0.9  # shares of the variance that outliers have
_LONG_TAIL = 0.3  # Kelly's skewness of the middle from which numbers are compared as logarithms
_DEVIATIONS_OF_MEDIAN = 1.4826  # standard deviations of a normal distribution per median deviation
_APART = 0.2  # largest distance of two distribution functions that is let pass
_ELSEWHERE = 0.8  # distance from which hardly a number of a split is one of train's
_SURE = 1e-3  # probability of a false alarm
_EXACT = 10_000  # product of two splits' rows below which it is computed exactly
_OUTSIDE, _FEWEST = 0.05, 3  # share of a split beyond train's range, and rows
_DIFFERENT = 0.5  # standard deviations between numbers of one input that contradict each other
_CONFLICTS_WARN, _CONFLICTS_FAIL = 0.005, 0.1  # shares of rows, as of labels
_SHOWN = 5

Values = Mapping[str, Sequence[float]]
"""Numbers by split, `train` among them."""


def target_values(values: Values, setting: Setting = _NO_SETTING) -> Finding:
    """Count the distinct training values.

    Args:
        values: Numbers by split.
        setting: Where the numbers are from.

    Returns:
        `fail` if there is one value only, `warn` where nine tenths of 50 rows or more have one
        value, or all have one of up to five whole numbers; figures `distinct`, `edges` and
        `counts` (a histogram over all splits, rows by split).
    """
    train = np.asarray(values["train"], float)
    distinct, rows = np.unique(train, return_counts=True)
    figures = {"distinct": len(distinct), **_histogram(values)}
    if len(distinct) == 1:
        return Finding(
            VALUES,
            "fail",
            f"All {len(train):,} training rows have the value {distinct[0]:g}.",
            "There is nothing to learn but one number.",
            f"{setting.check_target()}, and that there are training rows with other values.",
            figures,
        )
    evidence = (
        f"{len(distinct):,} different values in {len(train):,} training rows, {distinct[0]:g} to "
        f"{distinct[-1]:g}, mean {train.mean():.4g}, standard deviation {train.std():.4g}."
    )
    share = float(rows.max() / len(train))
    if len(train) >= _ENOUGH and share >= _ONE_VALUE:
        return Finding(
            VALUES,
            "warn",
            f"{evidence} {share:.1%} of them are {distinct[rows.argmax()]:g}.",
            "Squared errors are about the few other rows, and a model that always gives one number "
            "looks good by its mean absolute error.",
            "Collect more rows with other values, or ask which rows have another value: a task "
            "that gives a label.",
            figures,
        )
    is_whole = bool(np.all(distinct == np.round(distinct)))
    if len(distinct) > _CLASSES or not is_whole or len(train) < _ENOUGH:
        return Finding(VALUES, "pass", evidence, figures=figures)
    said = ", ".join(f"{value:g} ({n:,} rows)" for value, n in zip(distinct, rows, strict=True))
    return Finding(
        VALUES,
        "warn",
        f"{evidence} They are {said}.",
        "So few values look like names of classes. As numbers, 3 is taken for what lies between 2 "
        "and 4, and answers fall between them. If they are amounts (stars, counts), all is well.",
        "If they are names, choose the `task.kind` that gives a label instead of a number.",
        figures,
    )


def target_skew(values: Values, setting: Setting = _NO_SETTING) -> Finding:
    """Measure how much of the squared errors a long tail of the training values has.

    Args:
        values: Numbers by split.
        setting: Where the numbers are from.

    Returns:
        `warn` from a skewness of 2 where the hundredth of the rows farthest from the mean has a
        quarter of the variance; outliers are left out, which `target_outliers` tells; figures
        `skewness` and `heavy` (that share).
    """
    train = np.asarray(values["train"], float)
    kept = train[np.abs(_robust_z(train)) <= _FAR]
    if len(kept) < _ENOUGH or not np.ptp(kept):
        evidence = (
            f"{len(kept):,} training values that are no outliers, {len(np.unique(kept)):,} of them "
            "different: too few to tell a long tail."
        )
        return Finding(SKEW, "pass", evidence, figures={"skewness": None, "heavy": None})
    skewness = float(stats.skew(kept))
    squares = np.sort((kept - kept.mean()) ** 2)[::-1]
    heavy = float(squares[: max(1, round(_FARTHEST * len(kept)))].sum() / squares.sum())
    figures = {"skewness": skewness, "heavy": heavy}
    evidence = (
        f"Skewness {skewness:.1f} (0 is symmetric); the hundredth of the training rows that is "
        f"farthest from the mean has {heavy:.0%} of the variance."
    )
    if abs(skewness) < _SKEWED or heavy < _HEAVY:
        return Finding(SKEW, "pass", evidence, figures=figures)
    return Finding(
        SKEW,
        "warn",
        evidence,
        "Squared errors are about the few rows in the tail: the many others, which hardly differ "
        "for the network, are learned last.",
        f"Learn the logarithm: write {_shortened(train, skewness, setting.target)} into "
        "`data.source`, and take answers as such. Or leave the tail out, if it does not matter.",
        figures,
    )


def target_outliers(values: Values, setting: Setting = _NO_SETTING) -> Finding:
    """Look for training values far from all others, by median and median deviation.

    Args:
        values: Numbers by split.
        setting: Where the numbers are from.

    Returns:
        `warn` where values 8 robust deviations from the median have a tenth of the variance, `fail`
        where they have nine tenths; figures `outliers` (the farthest values), `rows` and `variance`
        (their number and their share).
    """
    train = np.asarray(values["train"], float)
    far = np.abs(_robust_z(train)) > _FAR
    squares = (train - np.median(train)) ** 2
    share = float(squares[far].sum() / squares.sum()) if far.any() else 0.0
    farthest = train[far][np.argsort(-squares[far], kind="stable")][:_SHOWN]
    figures = {"outliers": farthest.tolist(), "rows": int(far.sum()), "variance": share}
    shown = ", ".join(f"{value:g}" for value in farthest)
    evidence = (
        f"{far.sum():,} of {len(train):,} training values lie more than {_FAR:g} robust standard "
        f"deviations from the median {np.median(train):g}"
        + (f" and make up {share:.0%} of the squared distances from it: {shown}." if shown else ".")
    )
    if len(train) < _ENOUGH or share < _MATTERS:
        return Finding(OUTLIERS, "pass", evidence, figures=figures)
    return Finding(
        OUTLIERS,
        "fail" if share >= _RULES else "warn",
        evidence,
        "Numbers are divided by their standard deviation, which these few rule: for the network "
        "all others are nearly equal, and squared errors are about these.",
        f"Look at these rows of `data.source`: a typing error, another unit, 9999 for a missing "
        f"value? Correct them or leave them out. {setting.check_target()}.",
        figures,
    )


def target_range(values: Values, setting: Setting = _NO_SETTING) -> Finding:
    """Compare the numbers of each split with those of train (Kolmogorov and Smirnov).

    Args:
        values: Numbers by split, `train` and at least one more.
        setting: How the rows came into their splits.

    Returns:
        `warn` where they are distributed otherwise, or a twentieth lies beyond train's; `fail`
        where hardly a number of a split is one of train's; figures `ks`, `p` and `outside` by
        split.
    """
    train = np.asarray(values["train"], float)
    figures: dict[str, Any] = {"ks": {}, "p": {}, "outside": {}}
    told, apart, elsewhere = [], [], []
    for split in (name for name in values if name != "train" and len(values[name])):
        other = np.asarray(values[split], float)
        test: Any = stats.ks_2samp(
            train, other, method="exact" if len(train) * len(other) < _EXACT else "asymp"
        )
        beyond = (other < train.min()) | (other > train.max())
        outside = float(beyond.mean())
        figures["ks"][split], figures["p"][split] = float(test.statistic), float(test.pvalue)
        figures["outside"][split] = outside
        told.append(
            f"{split} {other.min():g} to {other.max():g}, median {np.median(other):g}, "
            f"{outside:.1%} beyond train's, distance {test.statistic:.2f}"
        )
        is_sure = test.pvalue < _SURE
        is_beyond = outside >= _OUTSIDE and beyond.sum() >= _FEWEST
        if is_beyond or (is_sure and test.statistic > _APART):
            apart.append(split)
        if is_sure and test.statistic > _ELSEWHERE:
            elsewhere.append(split)
    evidence = (
        f"{setting.target!r}: train {train.min():g} to {train.max():g}, median "
        f"{np.median(train):g}; {'; '.join(told)} (Kolmogorov-Smirnov, 0 is alike)."
    )
    if not apart:
        return Finding(RANGE, "pass", evidence, figures=figures)
    return Finding(
        RANGE,
        "fail" if elsewhere else "warn",
        evidence,
        f"Numbers of {', '.join(apart)} are others than the model learns from: another unit, "
        "another time, another source. It answers within what it has seen, so metrics say how it "
        "does elsewhere.",
        f"{setting.divide_alike(apart[0])}; or, if the difference is meant, add rows with such "
        "numbers to the training part.",
        figures,
    )


def target_conflicts(
    rows: Mapping[str, Rows], sample: Mapping[str, Sample], setting: Setting = _NO_SETTING
) -> Finding:
    """Count rows whose input also occurs with a number far from theirs, in any split.

    Args:
        rows: All rows by split.
        sample: Rows to show, by split.
        setting: Where the numbers are from.

    Returns:
        `warn` from 0.5 % of the rows, `fail` from a tenth; figures `conflicts` (that share),
        `unexplained` (share of the variance that lies within equal inputs) and `examples`.
    """
    keys = np.concatenate([part.keys for part in rows.values()])
    numbers = np.concatenate([np.asarray(part.targets, float) for part in rows.values()])
    _, groups = np.unique(keys, return_inverse=True)
    groups, variance = groups.ravel(), float(numbers.var())
    counts = np.bincount(groups)
    means = np.bincount(groups, numbers) / counts
    least, most = np.full(len(counts), np.inf), np.full(len(counts), -np.inf)
    np.minimum.at(least, groups, numbers)
    np.maximum.at(most, groups, numbers)
    differ = (most - least > _DIFFERENT * variance**0.5)[groups]
    share = float(differ.mean())
    within = float(np.mean((numbers - means[groups]) ** 2))
    unexplained = within / variance if variance else 0.0
    figures = {
        "conflicts": share,
        "unexplained": unexplained,
        "examples": _examples(sample, set(keys[differ].tolist())),
    }
    evidence = (
        f"{share:.1%} of the rows have an input that also occurs with a number more than "
        f"{_DIFFERENT:g} standard deviations from theirs; {unexplained:.1%} of the variance lies "
        "within equal inputs."
    )
    if share < _CONFLICTS_WARN:
        return Finding(CONFLICTS, "pass", evidence, figures=figures)
    return Finding(
        CONFLICTS,
        "fail" if share >= _CONFLICTS_FAIL else "warn",
        evidence,
        f"No model can explain more than {1 - unexplained:.1%} of the variance (R2), and training "
        "on contradictions teaches means.",
        f"Correct {setting.target!r} in `data.source`, or keep one row of each input with the mean "
        "of its numbers.",
        figures,
    )


def _robust_z(values: np.ndarray) -> np.ndarray:
    """Distance from the median in robust standard deviations, `(rows,)`.

    Of positive numbers whose middle is skewed, as of incomes, logarithms are compared: the tail
    that is to be expected of those is no outlier.
    """
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    is_tailed = middle > low and (high + low - 2 * middle) / (high - low) > _LONG_TAIL
    if is_tailed and values.min() >= 0:
        # Relative to the median, so that the unit does not matter; zeros have no logarithm.
        values = np.log(values + middle)
    distances = values - np.median(values)
    # Where most are one value, the others are what there is to learn, not outliers.
    apart = np.abs(distances[distances != 0])
    if not len(apart):
        return distances
    return distances / (_DEVIATIONS_OF_MEDIAN * np.median(apart))


def _shortened(values: np.ndarray, skewness: float, name: str) -> str:
    """The logarithm that shortens the tail of numbers, which it must be of numbers above 0."""
    if skewness < 0:
        return f"log(1 + {values.max():g} - {name})"
    return f"log(1 + {name})" if values.min() >= 0 else f"log(1 + {name} - {values.min():g})"


def _histogram(values: Values) -> dict[str, Any]:
    every = np.concatenate([np.asarray(part, float) for part in values.values()])
    edges = np.histogram_bin_edges(every, min(_BINS, max(2, 2 * len(np.unique(every)))))
    counts = {split: np.histogram(part, edges)[0].tolist() for split, part in values.items()}
    return {"edges": edges.tolist(), "counts": counts}


def _examples(sample: Mapping[str, Sample], keys: set[int]) -> list[dict[str, Any]]:
    """Some inputs with their numbers, from the least to the greatest; of many some between."""
    found: dict[int, tuple[str, list[float]]] = {}
    for split, part in sample.items():
        rows = zip(part.inputs, part.places, part.keys.tolist(), part.targets, strict=True)
        for content, place, key, number in rows:
            if key in keys and (key in found or len(found) < _SHOWN):
                name = doctor_rows.excerpt(content, split, int(place))
                found.setdefault(key, (name, []))[1].append(number)
    return [{"input": name, "numbers": _spread(numbers)} for name, numbers in found.values()]


def _spread(numbers: Sequence[float]) -> list[float]:
    ordered = sorted(numbers)
    if len(ordered) <= _SHOWN:
        return ordered
    return [ordered[place] for place in np.linspace(0, len(ordered) - 1, _SHOWN).astype(int)]
