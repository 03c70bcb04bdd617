"""The halves of texts, which belong together as nothing else of a table of texts does."""

from __future__ import annotations

from typing import Any


def of(texts: Any) -> tuple[Any, Any]:
    """Cut texts in the middle of their words, in a graph; the second of a word alone is empty.

    Args:
        texts: `(n,)` string.

    Returns:
        First and second halves, each `(n,)` string.
    """
    import tensorflow as tf

    words = tf.strings.split(texts)
    places = tf.ragged.range(words.row_lengths())
    middles = tf.repeat((words.row_lengths() + 1) // 2, words.row_lengths())
    is_first = places.with_flat_values(places.flat_values < middles)
    is_second = is_first.with_flat_values(tf.logical_not(is_first.flat_values))
    first, second = (
        tf.strings.reduce_join(tf.ragged.boolean_mask(words, kept), axis=-1, separator=" ")
        for kept in (is_first, is_second)
    )
    return first, second
