"""Whether a classifier can tell the splits apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from components.doctor.finding import Finding
from components.doctor.setting import Setting

NAME = "covariate_shift"
_NO_SETTING = Setting()
_WARN, _FAIL = 0.65, 0.9  # areas under the ROC curve; 0.5 is chance
_DEVIATIONS = 4  # of the area's standard error that an alarm needs
_FOLDS = 5
_FEWEST = 20  # rows of a split below which nothing can be said


def covariate_shift(
    features: Mapping[str, np.ndarray | csr_matrix], seed: int, setting: Setting = _NO_SETTING
) -> Finding:
    """Measure how well a linear classifier tells each split from the training rows.

    Args:
        features: By split, `(rows, dim)`, no two rows of a split of the same input (a repeated
            training row would be recognised, not told apart); `train` and at least one more.
        seed: Of the folds.
        setting: How the rows came into their splits.

    Returns:
        `warn` above an area under the ROC curve of 0.65, if it is certain, and `fail` above 0.9
        for eval rows: that test rows come from elsewhere is often meant, and harms no training.
        Figures `auc` (by split).

    Source:
        Lopez-Paz and Oquab (2017), "Revisiting Classifier Two-Sample Tests",
        https://arxiv.org/abs/1610.06545; the standard error under chance is that of the
        Mann-Whitney statistic.
    """
    train = features["train"]
    enough = {
        split: found
        for split, found in features.items()
        if split != "train" and min(found.shape[0], train.shape[0]) >= _FEWEST
    }
    if not enough:
        evidence = f"Fewer than {_FEWEST} rows in a split: too few to tell whether they differ."
        return Finding(NAME, "pass", evidence, figures={"auc": {}})
    areas = {split: _area(train, found, seed) for split, found in enough.items()}
    certain = {
        split: area
        for split, area in areas.items()
        if area > max(_WARN, 0.5 + _DEVIATIONS * _error(train.shape[0], enough[split].shape[0]))
    }
    said = ", ".join(f"{split} {area:.2f}" for split, area in areas.items())
    evidence = (
        "Area under the ROC curve of a classifier that tells rows from training rows (0.5 is "
        f"chance): {said}."
    )
    if not certain:
        return Finding(NAME, "pass", evidence, figures={"auc": areas})
    return Finding(
        NAME,
        "fail" if "eval" in certain and certain["eval"] > _FAIL else "warn",
        evidence,
        "The splits come from different sources: metrics do not say how well the model does on "
        "rows like those it learns from"
        + (", and the best epoch is chosen for other rows." if "eval" in certain else "."),
        f"{setting.divide_alike(next(iter(certain)))}; if the other domain is what counts, put "
        "rows of it into the training part.",
        {"auc": areas},
    )


def _error(train: int, other: int) -> float:
    return ((train + other + 1) / (12 * train * other)) ** 0.5


def _area(train: np.ndarray | csr_matrix, other: np.ndarray | csr_matrix, seed: int) -> float:
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    is_dense = isinstance(train, np.ndarray)
    points = np.concatenate([train, other]) if is_dense else vstack([train, other]).tocsr()
    which = np.arange(points.shape[0]) >= train.shape[0]
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    model = _dense_model() if is_dense else _sparse_model(seed)
    scores = cross_val_predict(model, points, which, cv=folds, method="decision_function")
    return float(roc_auc_score(which, scores))


def _dense_model() -> Any:
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Strongly regularized, since there may be more numbers than rows; solved in one step.
    return make_pipeline(StandardScaler(), RidgeClassifier(alpha=1_000, class_weight="balanced"))


def _sparse_model(seed: int) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=0.1, class_weight="balanced", random_state=seed)
