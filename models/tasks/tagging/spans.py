"""Between spans of a text and tags of its units, in a graph.

Tags are those of IOB2 (Tjong Kim Sang and Veenstra, 1999, https://aclanthology.org/E99-1023):
0 stands for no entity, `1 + 2 k` begins one of type `k`, `2 + 2 k` goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.tasks.tagging import units
from models.tasks.tagging.units import Units

UNKNOWN = -1
_FIELDS = 3
"""Of a span: where it begins, where it ends, its type."""


def names(types: Sequence[str]) -> tuple[str, ...]:
    """The tags by id.

    Args:
        types: Of entities.
    """
    return ("O", *(f"{begin}-{kind}" for kind in types for begin in "BI"))


def tags(spans: Any, starts: Any, ends: Any) -> Any:
    """The tags of units, `(n, units)` int32; -1 beyond a text's end and where a type is unknown.

    A unit belongs to a span that has any sign of it.

    Args:
        spans: Sparse `(n, 3 k)` int64: begin, end and type of each span; type -1 is unknown.
        starts: Of units, dense `(n, units)` int64, -1 beyond a text's end.
        ends: Of units.
    """
    import tensorflow as tf

    dense = tf.sparse.to_dense(spans, default_value=UNKNOWN)
    size = -(-tf.shape(dense)[1] // _FIELDS) + 1  # One more, so that there always is one.
    missing = size * _FIELDS - tf.shape(dense)[1]
    dense = tf.pad(dense, [[0, 0], [0, missing]], constant_values=UNKNOWN)
    begins, stops, kinds = tf.unstack(tf.reshape(dense, [tf.shape(dense)[0], -1, _FIELDS]), axis=2)
    is_of = (starts[:, :, None] < stops[:, None]) & (ends[:, :, None] > begins[:, None])
    of = tf.argmax(is_of, axis=2, output_type=tf.int32)
    is_entity = tf.reduce_any(is_of, axis=2)
    of = tf.where(is_entity, of, UNKNOWN)
    is_first = of != tf.pad(of, [[0, 0], [1, 0]], constant_values=UNKNOWN)[:, :-1]
    kind = tf.cast(tf.gather(kinds, tf.maximum(of, 0), batch_dims=1), tf.int32)
    inside = tf.where(kind >= 0, 2 * kind + tf.where(is_first, 1, 2), UNKNOWN)
    return tf.where(starts >= 0, tf.where(is_entity, inside, 0), UNKNOWN)


def entities(
    texts: Any, found: Units, tags: Any, scores: Any, types: Sequence[str]
) -> dict[str, Any]:
    """The entities of texts, each ragged `(n, entities)`.

    Args:
        texts: `(n,)` string.
        found: Their units.
        tags: Of the units, ragged `(n, units)` int32, valid IOB2.
        scores: Probability of each unit's tag, ragged `(n, units)` float32.
        types: Of entities.

    Returns:
        `entity_group`, `score` (mean over the units), `word` (what stands there), `start` and `end`
        (code points), as Hugging Face's token classification names them.
    """
    import tensorflow as tf

    flat = tags.flat_values
    begins, is_entity = flat % 2 == 1, flat > 0
    owners = tf.boolean_mask(tf.cumsum(tf.cast(begins, tf.int32)) - 1, is_entity)
    count = tf.reduce_sum(tf.cast(begins, tf.int32))
    rows = tf.boolean_mask(tags.value_rowids(), begins)

    def ragged(values: Any) -> Any:
        return tf.RaggedTensor.from_value_rowids(values, rows, tags.nrows(), validate=False)

    starts = ragged(tf.boolean_mask(found.starts.flat_values, begins))
    ends = ragged(
        tf.math.unsorted_segment_max(
            tf.boolean_mask(found.ends.flat_values, is_entity), owners, count
        )
    )
    kinds = (tf.boolean_mask(flat, begins) - 1) // 2
    score = tf.math.unsorted_segment_mean(
        tf.boolean_mask(scores.flat_values, is_entity), owners, count
    )
    return {
        # Without any type there is no entity either, but a table needs a row.
        "entity_group": ragged(tf.gather(tf.constant([*types, ""]), kinds)),
        "score": ragged(score),
        "word": units.cut_out(texts, starts, ends),
        "start": starts,
        "end": ends,
    }
