"""What looks drawn of a text and is the same whenever it is asked about, whatever is beside it."""

from __future__ import annotations

import tensorflow as tf

from models.tensor import Tensor

_HASHES = 2**24
"""Numbers that a single-precision one can tell apart."""
_ROWS = 2**40
"""Numbers that rows may have."""


def hashed(token_ids: Tensor) -> Tensor:
    """Numbers in [0, 1) that depend on a row and the place in it alone, `(n, length)`."""
    length = token_ids.shape[1]
    rows = tf.strings.reduce_join(tf.strings.as_string(token_ids), axis=1, separator=" ")
    numbers = tf.strings.to_hash_bucket_fast(rows, _ROWS)[:, None] * length
    places = tf.strings.as_string(numbers + tf.range(length, dtype=tf.int64))
    return tf.cast(tf.strings.to_hash_bucket_fast(places, _HASHES), tf.float32) / _HASHES
