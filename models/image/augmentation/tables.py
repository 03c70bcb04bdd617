"""Operations that replace each value by another one, wherever it is: tables of 256 entries.

A table `(batch, 3, 256)` float32 has the new value of each level of each channel. Making it costs
next to nothing, so an operation that depends on how often levels occur costs counting and one
look-up per value.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from models.image.augmentation import colour, packing

LEVELS = 256
"""Values of a channel."""


def same(batch: Any) -> Any:
    """The table that changes nothing."""
    return tf.broadcast_to(tf.range(LEVELS, dtype=tf.float32), (batch, 3, LEVELS))


def count(packed: Any) -> Any:
    """How often each level occurs in packed images, `(batch, 3, 256)` int32."""
    size = 3 * LEVELS * tf.shape(packed)[0]
    # TensorFlow's kernel: XLA's loop over so many sums takes twice as long.
    counts = tf.raw_ops.Bincount(arr=_places(packed), size=size, weights=tf.zeros(0, tf.int32))
    return tf.reshape(counts, (-1, 3, LEVELS))


@packing.compiled
def _places(packed: Any) -> Any:
    """Where each level of each channel is in a flat table."""
    return tf.stack([level + first for level, first in _rows(packed)])


@packing.compiled
def look_up(packed: Any, table: Any) -> Any:
    """Packed images with each value replaced, rounded."""
    flat = tf.reshape(table, (-1,))
    # A place is never below 0, but without the question XLA's loops take twice as long.
    red, green, blue = (
        tf.where(level + first >= 0, tf.gather(flat, level + first), 0.0)
        for level, first in _rows(packed)
    )
    return packing.from_planes((red, green, blue))


def _rows(packed: Any) -> list[tuple[Any, Any]]:
    """Each channel's levels, and where its row of a flat table begins."""
    image = tf.range(tf.shape(packed)[0])[:, tf.newaxis, tf.newaxis]
    levels = packing.levels(packed)
    return [(level, (3 * image + channel) * LEVELS) for channel, level in enumerate(levels)]


def equalise(packed: Any, is_chosen: Any) -> Any:
    """Spread each channel of the chosen packed images."""
    table = equalised(same(tf.shape(packed)[0]), count(packed), is_chosen)
    return look_up(packed, table)


def equalised(table: Any, counts: Any, is_chosen: Any) -> Any:
    """Each channel's values about equally frequent, as Pillow's `ImageOps.equalize`."""
    _, high = extremes(counts)
    of_high = tf.gather(counts, high, axis=2, batch_dims=2)
    step = (tf.reduce_sum(counts, axis=2, keepdims=True) - of_high) // (LEVELS - 1)
    before = tf.cumsum(counts, axis=2, exclusive=True)
    spread = tf.minimum((step // 2 + before) // tf.maximum(step, 1), LEVELS - 1)
    is_changed = is_chosen[:, tf.newaxis, tf.newaxis] & (step > 0)
    return tf.where(is_changed, tf.cast(spread, tf.float32), table)


def stretched(table: Any, counts: Any, is_chosen: Any) -> Any:
    """Each channel's lowest value to 0, its highest to 255, as `ImageOps.autocontrast`."""
    low, high = (tf.cast(end, tf.float32) for end in extremes(counts))
    is_changed = is_chosen[:, tf.newaxis, tf.newaxis] & (high > low)
    levels = tf.range(LEVELS, dtype=tf.float32)
    wide = (levels - low) * (LEVELS - 1.0) / tf.maximum(high - low, 1.0)
    return tf.where(is_changed, tf.clip_by_value(wide, 0.0, LEVELS - 1.0), table)


def contrasted(table: Any, counts: Any, factor: Any) -> Any:
    """As `colour.contrast`, the mean grey from the counts."""
    counts = tf.cast(counts, tf.float32)
    levels = tf.range(LEVELS, dtype=tf.float32)
    means = tf.reduce_sum(counts * levels, axis=2) / tf.reduce_sum(counts, axis=2)
    mean = tf.reduce_sum(means * tf.constant(colour.GREY), axis=1)[:, tf.newaxis, tf.newaxis]
    changed = mean + factor[:, tf.newaxis, tf.newaxis] * (table - mean)
    return tf.clip_by_value(changed, 0.0, LEVELS - 1.0)


def extremes(counts: Any) -> tuple[Any, Any]:
    """Lowest and highest level that occurs, `(batch, 3, 1)` int32 each."""
    levels = tf.range(LEVELS)
    low = tf.reduce_min(tf.where(counts > 0, levels, LEVELS - 1), axis=2, keepdims=True)
    high = tf.reduce_max(tf.where(counts > 0, levels, 0), axis=2, keepdims=True)
    return low, high
