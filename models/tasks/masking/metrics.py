"""Figures of gaps that a model was to tell, counted over all gaps of a split.

Pseudo-perplexity: Salazar et al. (2020), "Masked Language Model Scoring",
https://arxiv.org/abs/1910.14659, section 2.3, here of some gaps of a text at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.tasks.task import Metric

GAPS, HITS, LOG_PROBABILITY = "gaps", "hits", "log_probability"
"""Outputs of the judged endpoint: gaps of a text, those told rightly, and the sum of the logarithms
of the right pieces' probabilities in nats."""


def told(answer: Mapping[str, Any]) -> str:
    """How many gaps of a text are told rightly, in words."""
    hits, gaps = (int(np.ravel(answer[name])[0]) for name in (HITS, GAPS))
    return f"{hits} of {gaps}"


def mean_loss(answer: Mapping[str, Any]) -> float:
    """Mean negative log-probability of the right pieces of a text in nats; 0 without gaps."""
    lost, gaps = (float(np.ravel(answer[name])[0]) for name in (LOG_PROBABILITY, GAPS))
    return -lost / gaps if gaps else 0.0


def _of(*names: str) -> Any:
    def statistics(target: Mapping[str, Any], answer: Mapping[str, Any]) -> np.ndarray:
        del target
        return np.array([float(np.ravel(answer[name])[0]) for name in names])

    return statistics


def _share(rows: np.ndarray) -> float:
    """Of gaps, those told rightly; 0 where there are none."""
    hits, gaps = rows.sum(0)
    return float(hits / gaps) if gaps else 0.0


def _perplexity(rows: np.ndarray) -> float:
    """Infinite where there are no gaps."""
    total, gaps = rows.sum(0)
    return math.exp(min(-total / gaps, 700.0)) if gaps else math.inf


MASKED_ACCURACY = Metric("masked_accuracy", True, (0.0, 1.0), (HITS, GAPS), _of(HITS, GAPS), _share)
"""Share of gaps whose most probable piece is right."""
PERPLEXITY = Metric(
    "perplexity",
    False,
    (1.0, math.inf),
    (LOG_PROBABILITY, GAPS),
    _of(LOG_PROBABILITY, GAPS),
    _perplexity,
)
"""Exponential of the mean negative log-probability of the right pieces."""
