"""What a model of both directions can be held against before it is trained."""

from __future__ import annotations

import math

import numpy as np

from models.tasks import expected
from models.tasks.expected import Expected


def of_neighbours(number: int, told_by: str = "from either side") -> Expected:
    """Of tokens that are told from their neighbours, `(n, length)`, -1 where none is.

    Equal logits give a cross-entropy of log V. Outputs are those of `head.py`, which hold the
    logarithm of each token's probability and whether it is the likeliest.

    Args:
        number: Of pieces, V.
        told_by: From which neighbours, in words.
    """
    loss = math.log(number)
    return Expected(
        loss=loss,
        reason=f"equal logits would give log {number}",
        excess=(1.5, expected.FAR_OFF + loss),
        constant_loss=expected.entropy_of_units,
        constant="knowing how frequent pieces are",
        right=f"right about every token {told_by}",
        is_right=lambda targets, told: (told[..., 1] != 0).all((1, 2)).astype(float),
        errors=lambda targets, told: -_mean_of_asked(told, 0),
        read=lambda targets, told: (
            [row[row >= 0].tolist() for row in targets],
            [f"{share:.0%} of the tokens" for share in _mean_of_asked(told, 1)],
        ),
    )


def _mean_of_asked(told: np.ndarray, which: int) -> np.ndarray:
    """Of each row, over the tokens that are told."""
    is_asked = told[..., 1] >= 0
    sums = np.where(is_asked, told[..., which], 0).sum((1, 2))
    return sums / np.maximum(is_asked.sum((1, 2)), 1)
