"""Random numbers that are functions of a seed alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf


def uniforms(seed: Any, batch: Any, count: int) -> list[Any]:
    """Draw `count` numbers per image.

    Args:
        seed: `(2,)` integers.
        batch: Number of images.
        count: How many numbers each needs.

    Returns:
        `count` tensors `(batch,)` float32 in [0, 1).
    """
    return tf.unstack(tf.random.stateless_uniform((batch, count), seed), count, axis=1)


def is_chosen(uniform: Any, probability: float) -> Any:
    """Which images an operation changes, `(batch,)` bool, from numbers in [0, 1)."""
    return uniform < probability


def between(uniform: Any, low: float, high: float) -> Any:
    """Numbers in [0, 1) stretched to [low, high)."""
    return low + (high - low) * uniform


def between_in_logarithm(uniform: Any, low: float, high: float) -> Any:
    """Numbers in [0, 1) stretched to [low, high), even in the logarithm."""
    return tf.exp(between(uniform, math.log(low), math.log(high)))


def dirichlet(seed: Any, batch: Any, count: int, alpha: float) -> Any:
    """Draw shares that sum to 1, `(batch, count)` float32; with two, the first is of a beta.

    Args:
        seed: `(2,)` integers.
        batch: Number of images.
        count: Shares per image.
        alpha: Every parameter of the distribution, above 0.
    """
    gammas = tf.random.stateless_gamma((batch, count), seed, alpha)
    # With a small `alpha` all may be too small for a float.
    gammas = tf.maximum(gammas, np.finfo(np.float32).tiny)
    return gammas / tf.reduce_sum(gammas, axis=1, keepdims=True)


def split(seed: Any, count: int) -> list[Any]:
    """So many other seeds `(2,)`, for numbers that have nothing to do with each other."""
    return tf.unstack(tf.random.experimental.stateless_split(seed, count), count)


def fold(seed: Any, number: Any) -> Any:
    """Another seed `(2,)` for each number."""
    return tf.random.experimental.stateless_fold_in(seed, number)
