"""What told pixels can be held against before training."""

from __future__ import annotations

import numpy as np

from models.tasks.expected import Expected

_CLOSE = 0.1
"""Squared error from which an image is not learned by heart."""


def of_patches() -> Expected:
    """Of normalised pixels of patches, `(n, patches, numbers + 1)`, the last 1 where it is hidden.

    Outputs of 0, the patches' own means, give their variance, which is 1 of patches that are not
    flat.
    """
    return Expected(
        loss=1.0,
        reason="each patch's own mean would give 1",
        excess=(3.0, 25.0),
        constant_loss=lambda targets: float(_patch_errors(targets, np.zeros(())).mean()),
        constant="knowing the mean of each patch",
        right="told",
        is_right=lambda targets, told: (_patch_errors(targets, told) < _CLOSE).astype(float),
        errors=_patch_errors,
        read=lambda targets, told: (
            [0.0] * len(targets),
            np.round(_patch_errors(targets, told), 3).tolist(),
        ),
    )


def _patch_errors(targets: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Mean squared error over the hidden patches of each image, `(n,)`."""
    errors = np.square(told - targets[..., :-1]).mean(-1)
    return np.average(errors, axis=-1, weights=targets[..., -1])
