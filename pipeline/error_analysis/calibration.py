"""Whether probabilities are what they say."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

BINS = 10


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Answers by how sure the model was."""

    confidence: tuple[float, ...]
    """Mean probability of the answers of each bin that has any."""
    accuracy: tuple[float, ...]
    """Share of them that is right."""
    counts: tuple[int, ...]
    """How many they are."""
    error: float
    """Expected calibration error: mean distance of the two, weighted by the counts, in [0, 1].

    Source: Guo et al. (2017), https://arxiv.org/abs/1706.04599, equation 3.
    """


def calibration(confidences: Sequence[float], is_right: Sequence[bool]) -> Calibration:
    """Compare what was promised with what was kept, in bins of equal width.

    Args:
        confidences: Probability of each answer, in [0, 1], at least one.
        is_right: Whether it is right.
    """
    promised, kept = np.asarray(confidences, float), np.asarray(is_right, float)
    # The bins are (low, high], as in the paper; a probability of 0 is in the first.
    places = np.clip(np.ceil(promised * BINS) - 1, 0, BINS - 1).astype(int)
    counts = np.bincount(places, minlength=BINS)
    filled = counts > 0
    mean = np.bincount(places, promised, BINS)[filled] / counts[filled]
    share = np.bincount(places, kept, BINS)[filled] / counts[filled]
    error = float(np.sum(counts[filled] * np.abs(mean - share)) / len(promised))
    return Calibration(
        tuple(mean.tolist()), tuple(share.tolist()), tuple(counts[filled].tolist()), error
    )
