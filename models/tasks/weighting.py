"""How much the examples of each class count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from models import did_you_mean


def class_weights(
    chosen: Literal["balanced"] | Mapping[str, float] | None,
    labels: Sequence[str],
    label_ids: np.ndarray,
) -> dict[int, float] | None:
    """Resolve `training.class_weights`.

    Args:
        chosen: `balanced`, factors by label, or None.
        labels: Label of each class.
        label_ids: Class of each training example, `(examples,)`.

    Returns:
        Factor by class, for `keras.Model.fit`; None if all examples count alike. `balanced` is
        `examples / (classes * examples of the class)`, King and Zeng (2001), "Logistic
        Regression in Rare Events Data", as in scikit-learn.

    Raises:
        ValueError: If a factor names a label that the train split lacks.
    """
    if chosen is None:
        return None
    if chosen == "balanced":
        counts = np.bincount(label_ids, minlength=len(labels))
        factors = len(label_ids) / (len(labels) * np.maximum(counts, 1))
        return dict(enumerate(factors.tolist()))
    for label in chosen:
        if label not in labels:
            raise ValueError(
                f"`training.class_weights` names the label {label!r}, which the train split "
                f"lacks.{did_you_mean.hint(label, labels)} Labels: {', '.join(sorted(labels)[:20])}"
            )
    return {index: chosen.get(label, 1.0) for index, label in enumerate(labels)}
