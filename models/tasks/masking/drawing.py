"""What is drawn for each batch of windows: gaps, and which parts follow one another."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from models import pieces
from models.pieces import AROUND, MARKS, PIECES, TEXTS
from models.tasks.masking import following, gaps, layout
from models.tensor import Tensor


@dataclasses.dataclass(frozen=True)
class How:
    """What a task says of it."""

    share: float
    """Of the pieces that are to be told, in (0, 1)."""
    whole_word: bool
    """Whether all pieces of a word are to be told, or none."""
    next_sentence: bool
    """Whether windows are parted, and half of them get another's second part."""
    known: int
    """Pieces of the vocabulary, special ones included."""


def drawn(inputs: dict[str, Tensor], seed: Tensor, how: How) -> tuple[dict[str, Tensor], Tensor]:
    """Draw for one batch.

    Args:
        inputs: Windows: `PIECES`, `MARKS` and `TEXTS`.
        seed: `(2,)` int64; the same one draws the same.
        how: What is drawn.

    Returns:
        Inputs of a model, and the targets of `losses.py`.
    """
    ids, marks = inputs[PIECES], inputs[MARKS]
    length = ids.shape[1] + AROUND
    seeds = tf.unstack(tf.random.split(seed, 5))
    if how.next_sentence:
        read, follows = following.paired(
            ids,
            marks,
            inputs[TEXTS],
            length,
            _uniform(tf.shape(ids), seeds[0]),
            _uniform([tf.shape(ids)[0]], seeds[1]),
        )
    else:
        read, follows = layout.laid_out(layout.whole(ids, marks), None, length), None
    scores = tf.ensure_shape(_uniform(tf.shape(read.token_ids), seeds[2]), (None, length))
    places = gaps.chosen(read, scores, how.share, whole_word=how.whole_word)
    others = tf.random.stateless_uniform(
        tf.shape(places), seeds[4], len(pieces.SPECIAL), how.known, tf.int32
    )
    token_ids = gaps.replaced(read, places, _uniform(tf.shape(places), seeds[3]), others)
    target = gaps.told(read, places)
    if follows is not None:
        target = tf.concat([target, follows[:, None]], axis=1)
    return read.inputs(token_ids, tf.maximum(places, 0)), target


def _uniform(shape: Tensor, seed: Tensor) -> Tensor:
    return tf.random.stateless_uniform(shape, seed)
