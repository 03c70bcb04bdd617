"""How far float32 rounding alone moves what a model answers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras
import numpy as np


@contextlib.contextmanager
def weights_moved(model: keras.Model) -> Iterator[None]:
    """Move every weight by one unit of its last place, up or down, while the block runs.

    What a model answers then differs from its answers by about as much as the same arithmetic in
    another order makes them differ: a sum computed with rounding is the exact sum of slightly
    other numbers. Deep or badly scaled models enlarge both alike.

    Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition (2002), sections
    1.5 and 3.1, on backward errors.

    Args:
        model: Built; its weights are the same as before when the block ends.
    """
    draw = np.random.default_rng(0)
    weights = [weight for weight in model.weights if keras.backend.is_float_dtype(weight.dtype)]
    kept = [keras.ops.convert_to_numpy(weight.value) for weight in weights]
    try:
        for weight, values in zip(weights, kept, strict=True):
            target = np.where(draw.random(values.shape) < 0.5, -np.inf, np.inf)
            moved = np.nextafter(values.astype(np.float32), target.astype(np.float32))
            # The neighbour of zero is nothing that rounding makes of it.
            weight.assign(np.where(values == 0, values, moved))
        yield
    finally:
        for weight, values in zip(weights, kept, strict=True):
            weight.assign(values)
