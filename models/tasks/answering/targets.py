"""From an answer's place in a text to its first and last unit, in a graph."""

from __future__ import annotations

from typing import Any

from models.tasks.tagging.units import Units

_FITTING = 3, 5
"""Share of the units that a model reads which surely fit beside a question: units have more pieces
than one."""


def of_answers(places: Any, found: Units) -> Any:
    """First and last unit of each answer, `(n, 2)` int32; -1 both where there is none.

    A unit belongs to an answer that has any sign of it.

    Args:
        places: Begin and end of each answer in code points, `(n, 2)` int64, -1 where there is none.
        found: Units of the texts.
    """
    import tensorflow as tf

    begins, stops = places[:, :1], places[:, 1:]
    starts, ends = found.starts.to_tensor(-1), found.ends.to_tensor(-1)
    is_of = (starts >= 0) & (ends > begins) & (starts < stops)
    # One more, so that there always is one.
    is_of = tf.pad(is_of, [[0, 0], [0, 1]])
    first = tf.argmax(is_of, axis=1, output_type=tf.int32)
    last = first + tf.reduce_sum(tf.cast(is_of, tf.int32), axis=1) - 1
    both = tf.stack([first, last], axis=1)
    return tf.where(tf.reduce_any(is_of, axis=1)[:, None], both, -1)


def around(words: Any, target: Any, questions: Any, size: int) -> tuple[Any, Any]:
    """A part of each text that a model can read, with its answer.

    Texts that are long lose some of what stands before the answer: as much as the question's hash
    says, so that answers do not always stand in the same place of what is read.

    Args:
        words: Units, ragged `(n, units)` string.
        target: First and last unit of each answer, `(n, 2)` int32, -1 where there is none.
        questions: `(n,)` string.
        size: Units that a model is trained on, at most.

    Returns:
        Units and target of the parts.
    """
    import tensorflow as tf

    counts = tf.cast(words.row_lengths(), tf.int32)
    fitting = size * _FITTING[0] // _FITTING[1]
    first, last = tf.unstack(target, axis=1)
    least = tf.maximum(last + 1 - fitting, 0)
    most = tf.maximum(tf.minimum(first, counts - fitting), least)
    drawn = tf.strings.to_hash_bucket_fast(questions, 2**31 - 1)
    lost = least + tf.cast(drawn % tf.cast(most - least + 1, tf.int64), tf.int32)
    lost = tf.where((first < 0) | (counts <= fitting), 0, lost)
    places = tf.ragged.range(counts)
    kept = places.with_flat_values(places.flat_values >= tf.gather(lost, places.value_rowids()))
    parts = tf.ragged.boolean_mask(words, kept.with_row_splits_dtype(words.row_splits.dtype))
    return parts, tf.where(target < 0, -1, target - lost[:, None])
