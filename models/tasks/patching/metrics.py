"""How well hidden patches are told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

ERROR, VARIANCE = "error", "variance"
"""Outputs: mean squared error at the hidden patches, normalised, and what of them is not flat."""


def _statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
    return np.array([float(np.ravel(answer[name])[0]) for name in (ERROR, VARIANCE)])


def _ratio(rows: np.ndarray) -> float:
    error, variance = rows.sum(0)
    return float(error / variance) if variance else 0.0


RECONSTRUCTION = Metric(
    "reconstruction_mse", False, (0.0, math.inf), (ERROR, VARIANCE), _statistics, _ratio
)
"""Squared error at hidden patches over their variance: 1 if each were told as its own mean."""


def told(answer: Mapping[str, Any]) -> str:
    """An answer in words."""
    return f"squared error {_statistics({}, answer)[0]:.2f}"
