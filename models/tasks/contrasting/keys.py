"""Which cells are the same, told without the cells."""

from __future__ import annotations

from typing import Any

PARTS = 2
"""Numbers of a key."""
_BITS = 21
"""Of each: Keras takes targets to float32, which holds integers of 24 bits."""
_WHOLE = 52
"""Bits of a key in one number, which float64 holds."""


def parts(cells: Any) -> Any:
    """Keys of what a model is trained on, in a graph.

    Args:
        cells: `(batch,)` string, or ids of tokens `(batch, length)`.

    Returns:
        `(batch, PARTS)` int32; as good as never are two different cells alike.
    """
    import tensorflow as tf

    if cells.dtype != tf.string:
        cells = tf.strings.reduce_join(tf.strings.as_string(cells), axis=-1, separator=" ")
    found = tf.strings.to_hash_bucket_fast(cells, 2 ** (PARTS * _BITS))
    return tf.cast(tf.stack([found // 2**_BITS, found % 2**_BITS], axis=-1), tf.int32)


def whole(cells: Any) -> Any:
    """Keys of what a model is asked, in a graph.

    Args:
        cells: `(n,)` string.

    Returns:
        `(n,)` int64, below 2 ** 52.
    """
    import tensorflow as tf

    return tf.strings.to_hash_bucket_fast(cells, 2**_WHOLE)
