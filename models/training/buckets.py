"""Batches of examples of like lengths, as many as fit, so that little of a batch is padding.

Examples are grouped by their lengths, and within groups drawn anew each epoch; a group always gives
the same number of batches, so an epoch has a known number of steps and depends on its number alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from models.tensor import Tensor

_GROWTH = (1.15, 1.5)
"""How much longer the texts of a group may be than those of the one before, in the first of the
lengths and in the others: the less, the less padding, and the more alike the batches of epochs."""


def plan(lengths: np.ndarray, batch_size: int, tokens: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Which examples are alike, and how many share a batch.

    Args:
        lengths: Tokens of each example, `(examples, k)`, what costs most first.
        batch_size: Examples of a batch, where `tokens` is None.
        tokens: The first of `lengths` in a batch at most, padding included; an example that has
            more is a batch by itself.

    Returns:
        Group of each example `(examples,)`, and the place that each batch ends at if examples are
        ordered by their groups, rising.
    """
    parts = [
        np.searchsorted(_edges(column.max(), _GROWTH[place > 0]), column)
        for place, column in enumerate(lengths.T)
    ]
    _, groups = np.unique(np.stack(parts, axis=1), axis=0, return_inverse=True)
    groups = groups.reshape(-1)
    ends: list[int] = []
    ordered = np.sort(groups)
    first = 0
    sizes = _sizes(lengths, groups, batch_size, tokens)
    while first < len(ordered):
        # What is left of a group goes with the next ones, which are about as long.
        size = sizes[ordered[first]]
        last = min(first + size, len(ordered))
        while last > first + 1 and last - first > sizes[ordered[last - 1]]:
            last -= 1
        ends.append(last)
        first = last
    return groups, np.array(ends)


def _edges(longest: float, growth: float) -> np.ndarray:
    """Greatest length of each group."""
    edges = [0.0]
    while edges[-1] < longest:
        edges.append(max(edges[-1] + 1, edges[-1] * growth))
    return np.array(edges)


def _sizes(
    lengths: np.ndarray, groups: np.ndarray, batch_size: int, tokens: int | None
) -> np.ndarray:
    """Examples that fit into a batch, by group."""
    longest = np.zeros(groups.max() + 1, int)
    np.maximum.at(longest, groups, lengths[:, 0])
    if tokens is None:
        return np.full(len(longest), batch_size)
    return np.maximum(tokens // np.maximum(longest, 1), 1)


def order(
    examples: Any, groups: np.ndarray, ends: np.ndarray, seed: int
) -> Callable[[Tensor], tf.data.Dataset]:
    """A function from the number of an epoch to its batches, run in a graph.

    Args:
        examples: Nested tensors, each `(examples, ...)`.
        groups: See `plan`.
        ends: See `plan`.
        seed: Of the order of batches, and of examples within groups.
    """
    splits = tf.constant([0, *ends], tf.int64)
    kinds = tf.constant(groups, tf.float64)

    def batches(number: Tensor) -> tf.data.Dataset:
        seeds = tf.stack([tf.cast(seed, tf.int64), tf.cast(number, tf.int64)])
        # Half-open, so that a number never reaches the next group.
        drawn = tf.random.stateless_uniform(tf.shape(kinds), seeds, dtype=tf.float64)
        rows = tf.RaggedTensor.from_row_splits(tf.argsort(kinds + drawn, stable=True), splits)
        shuffled = tf.argsort(tf.random.stateless_uniform([len(ends)], seeds + 1))
        ordered = tf.data.Dataset.from_tensor_slices(tf.gather(rows, shuffled))
        return ordered.map(
            lambda places: tf.nest.map_structure(lambda one: tf.gather(one, places), examples),
            num_parallel_calls=2,
            deterministic=True,
        )

    return batches
