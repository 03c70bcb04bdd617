"""What vectors of what belongs together can be held against before training."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from models.tasks import expected
from models.tasks.expected import Expected


def of_partners(number: int, temperature: float) -> Expected:
    """Of the partner of an example among those of its batch; outputs are both vectors.

    Equal similarities give a cross-entropy of log N.

    Args:
        number: Of examples in a batch, N.
        temperature: What cosines are divided by.
    """
    return Expected(
        loss=math.log(number),
        reason=f"equal similarities would give log {number}",
        excess=(1.5, expected.FAR_OFF + math.log(number)),
        constant_loss=lambda targets: math.log(len(targets)),
        constant="the same vector for all",
        right="found among the others",
        is_right=_are_found,
        errors=lambda targets, vectors: _partner_errors(targets, vectors, temperature),
        read=lambda targets, vectors: (
            list(range(len(targets))),
            _partner_logits(targets, vectors, 1.0).argmax(1).tolist(),
        ),
    )


def of_views(number: int, temperature: float) -> Expected:
    """Of the other view of an image among both of all images of its batch; outputs are both.

    Equal similarities give a cross-entropy of log (2N - 1).

    Args:
        number: Of images in a batch, N.
        temperature: What cosines are divided by.
    """
    loss = math.log(2 * number - 1)
    return dataclasses.replace(
        of_partners(number, temperature),
        loss=loss,
        reason=f"equal similarities would give log {2 * number - 1}",
        excess=(1.5, expected.FAR_OFF + loss),
        constant_loss=lambda targets: math.log(2 * len(targets) - 1),
        errors=lambda targets, vectors: _view_errors(targets, vectors, temperature),
    )


def _are_found(targets: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    logits = _partner_logits(targets, vectors, 1.0)
    as_near = (logits >= np.diagonal(logits)[:, None]).sum(1)
    return (as_near <= 1).astype(float)


def _partner_errors(targets: np.ndarray, vectors: np.ndarray, temperature: float) -> np.ndarray:
    logits = _partner_logits(targets, vectors, temperature)
    highest = logits.max(1, keepdims=True)
    return np.log(np.exp(logits - highest).sum(1)) + highest[:, 0] - np.diagonal(logits)


def _partner_logits(keys: np.ndarray, vectors: np.ndarray, temperature: float) -> np.ndarray:
    """As the loss has them, `(n, n)`; of partners that are right too, far below all."""
    logits = vectors[:, 0] @ vectors[:, 1].T / temperature
    is_same = (keys[:, None] == keys[None]).all(-1).any(-1)
    return np.where(is_same & ~np.eye(len(keys), dtype=bool), -1e9, logits)


def _view_errors(keys: np.ndarray, vectors: np.ndarray, temperature: float) -> np.ndarray:
    """Mean loss of an image's two views, `(n,)`."""
    count = len(keys)
    views, names = (np.concatenate([side[:, 0], side[:, 1]]) for side in (vectors, keys))
    logits = views @ views.T / temperature
    right = logits[np.arange(2 * count), np.roll(np.arange(2 * count), count)]
    is_same = (names[:, None] == names[None]).all(-1)
    others = np.where(is_same, 0.0, np.exp(logits)).sum(1)
    return np.log(np.exp(right) + others).reshape(2, count).mean(0) - right.reshape(2, count).mean(
        0
    )
