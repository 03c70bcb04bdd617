"""Figures of tokens that were to be told from those before them, over all tokens of a split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.tasks.both_ways import metrics
from models.tasks.task import Metric

ASKED, HITS, LOG_PROBABILITY = metrics.ASKED, metrics.HITS, metrics.LOG_PROBABILITY
"""Outputs: tokens of a text, those told rightly, and the sum of the logarithms of their
probabilities in nats."""
BYTES = "bytes"
"""Output: bytes of a text."""
TOKEN_ACCURACY, PERPLEXITY = metrics.TOKEN_ACCURACY, metrics.PERPLEXITY


def _statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
    del target
    return np.array([float(np.ravel(answer[name])[0]) for name in (LOG_PROBABILITY, BYTES)])


def _bits_per_byte(rows: np.ndarray) -> float:
    """Infinite where there are no bytes."""
    total, size = rows.sum(0)
    return float(-total / math.log(2) / size) if size else math.inf


BITS_PER_BYTE = Metric(
    "bits_per_byte",
    False,
    (0.0, math.inf),
    (LOG_PROBABILITY, BYTES),
    _statistics,
    _bits_per_byte,
)
"""Negative logarithm to base 2 of the probability of all texts, a byte of UTF-8: what a file of
them would need, whatever the pieces are. Gao et al. (2020), https://arxiv.org/abs/2101.00027,
section 3.1."""
