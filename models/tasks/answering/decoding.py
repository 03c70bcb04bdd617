"""The best answers in texts by the logits of where they begin and end, in a graph."""

from __future__ import annotations

from typing import Any

from models.tasks.answering.losses import NEVER
from models.tasks.tagging import units
from models.tasks.tagging.units import Units


def best(
    texts: Any, found: Units, logits: Any, none: Any, longest: int, count: int, threshold: float
) -> dict[str, Any]:
    """The most probable answers of each text that do not overlap, each ragged `(n, answers)`.

    Args:
        texts: `(n,)` string.
        found: Their units.
        logits: Of first and last unit, ragged `(n, units, 2)`.
        none: Those of "no answer", `(n, m, 2)`; m is 0 where there always is one, else 1.
        longest: Most units of an answer.
        count: Most answers.
        threshold: By how much the logarithm of "no answer"'s probability must exceed that of the
            best answer for it to come first.

    Returns:
        `answer` (what stands there), `score` (probability of its first unit times that of its
        last), `start` and `end` (code points), as Hugging Face's question answering names them; of
        "no answer" an empty text and 0.
    """
    import tensorflow as tf

    # One place more, so that there always is one.
    dense = tf.pad(
        logits.to_tensor(NEVER, shape=(None, None, 2)),
        [[0, 0], [0, 1], [0, 0]],
        constant_values=NEVER,
    )
    size = tf.shape(dense)[1]
    shares = tf.nn.log_softmax(tf.concat([dense, none], axis=1), axis=1)
    is_unit = tf.sequence_mask(logits.row_lengths(), size)[:, :, None]
    of_units = tf.where(is_unit, shares[:, :size], NEVER)
    first, last, score = _without_overlap(of_units, longest, count)
    starts, ends = (
        tf.gather(tf.pad(each.to_tensor(), [[0, 0], [0, 1]]), place, batch_dims=1)
        for each, place in ((found.starts, first), (found.ends, last))
    )
    # Of questions whose answer may be missing, "no answer" is one of them.
    missing = tf.reduce_sum(shares[:, size:], axis=2)
    nothing = tf.zeros_like(missing, tf.int64)
    starts, ends = (tf.concat([each, nothing], axis=1) for each in (starts, ends))
    rank = tf.concat([score, missing - threshold], axis=1)
    score = tf.concat([score, missing], axis=1)
    order = tf.argsort(rank, axis=1, direction="DESCENDING", stable=True)[:, :count]
    starts, ends, score = (tf.gather(each, order, batch_dims=1) for each in (starts, ends, score))
    is_there = score > NEVER / 2
    starts, ends, score = (tf.ragged.boolean_mask(each, is_there) for each in (starts, ends, score))
    return {
        "answer": units.cut_out(texts, starts, ends),
        "score": tf.exp(score),
        "start": starts,
        "end": ends,
    }


def _without_overlap(shares: Any, longest: int, count: int) -> tuple[Any, Any, Any]:
    """First and last units of the best parts and their scores, each `(n, count)`, the best first.

    Args:
        shares: Logarithms of the probabilities of first and last, `(n, units, 2)`.
        longest: Most units of a part.
        count: Of parts; where fewer fit, the score of the others is very small.
    """
    import tensorflow as tf

    size = tf.shape(shares)[1]
    # [n, i, k]: from unit i over k more.
    ends = tf.pad(shares[:, :, 1], [[0, 0], [0, longest - 1]], constant_values=NEVER)
    table = shares[:, :, :1] + tf.signal.frame(ends, longest, 1, axis=1)
    begin = tf.range(size)[None, :, None]
    stop = begin + tf.range(longest)[None, None, :]
    chosen = []
    for _ in range(count):
        flat = tf.reshape(table, [tf.shape(table)[0], size * longest])
        place = tf.argmax(flat, axis=1, output_type=tf.int32)
        first = place // longest
        last = tf.minimum(first + place % longest, size - 1)
        chosen.append((first, last, tf.gather(flat, place, batch_dims=1)))
        is_free = (stop < first[:, None, None]) | (begin > last[:, None, None])
        table = tf.where(is_free, table, NEVER)
    first, last, score = (tf.stack(each, axis=1) for each in zip(*chosen, strict=True))
    return first, last, score
