"""Which pieces become gaps, and what stands there.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, section 3.1, task 1: 15 % of the
pieces of a text are to be told; of these 80 % are replaced by `[MASK]`, 10 % by any other piece,
10 % stay. Whole words: release of 31 May 2019, https://github.com/google-research/bert.
"""

from __future__ import annotations

import tensorflow as tf

from models import pieces
from models.tasks.masking.layout import Layout
from models.tensor import Tensor

_MASKED, _REPLACED = 0.8, 0.9
"""Up to which of a number in [0, 1) a piece is masked, or replaced."""


def most(length: int, share: float) -> int:
    """Most gaps of a text of so many tokens, at least 1."""
    return max(1, round(length * share))


def chosen(layout: Layout, scores: Tensor, share: float, *, whole_word: bool) -> Tensor:
    """Choose the gaps of each text: a share of its pieces, rounded, at least one.

    Args:
        layout: Of the texts.
        scores: Numbers in [0, 1), `(n, length)`; the greatest are chosen.
        share: Of the pieces, in (0, 1).
        whole_word: Whether all pieces of a word are chosen or none; words that do not fit into the
            share are left out, so that fewer may be chosen.

    Returns:
        Places `(n, most(length, share))` int32, -1 for none.
    """
    length = scores.shape[1]
    wide = most(length, share)
    sizes = tf.reduce_sum(tf.cast(layout.is_piece, tf.float32), axis=1)
    counts = tf.clip_by_value(tf.cast(tf.round(sizes * share), tf.int32), 1, wide)[:, None]
    ranks = tf.range(wide)[None]
    if not whole_word:
        found, places = tf.math.top_k(tf.where(layout.is_piece, scores, -1.0), wide)
        return tf.where((ranks < counts) & (found >= 0), places, -1)
    begins = layout.is_piece & (layout.marks & pieces.CONTINUES == 0)
    words = tf.cumsum(tf.cast(begins, tf.int32), axis=1)
    is_same = (words[:, :, None] == words[:, None]) & layout.is_piece[:, None]
    fits = tf.reduce_sum(tf.cast(is_same, tf.int32), axis=2) <= counts
    of_words = tf.gather(scores, tf.minimum(words, length - 1), batch_dims=1)
    # Pieces of one word have one score, so they stay together, and in their order.
    found, places = tf.math.top_k(tf.where(layout.is_piece & fits, of_words, -1.0), wide)
    order = tf.gather(words, places, batch_dims=1)
    is_later = (order[:, :, None] == order[:, None]) & (found >= 0)[:, None]
    last = tf.reduce_max(tf.where(is_later, ranks[:, None], -1), axis=2)
    sizes_of_word = tf.reduce_sum(tf.cast(is_same, tf.int32), axis=2)
    # A word whose end is beyond the widest choice is not whole.
    held = tf.reduce_sum(tf.cast(is_later, tf.int32), axis=2)
    is_whole = held == tf.gather(sizes_of_word, places, batch_dims=1)
    return tf.where((last < counts) & is_whole & (found >= 0), places, -1)


def told(layout: Layout, places: Tensor) -> Tensor:
    """The pieces at some places, `(n, gaps)` int32; -1 where a place is -1."""
    ids = tf.gather(layout.token_ids, tf.maximum(places, 0), batch_dims=1)
    return tf.where(places >= 0, ids, -1)


def replaced(layout: Layout, places: Tensor, drawn: Tensor, others: Tensor) -> Tensor:
    """Token ids of texts with gaps.

    Args:
        layout: Of the texts.
        places: Of the gaps, `(n, gaps)`, -1 for none.
        drawn: Numbers in [0, 1) of the same shape, that decide what stands there.
        others: Ids of the same shape, of pieces that may stand there instead.
    """
    ids = tf.where(
        drawn < _MASKED,
        pieces.MASK,
        tf.where(drawn < _REPLACED, others, told(layout, places)),
    )
    return put(layout.token_ids, places, ids)


def put(token_ids: Tensor, places: Tensor, ids: Tensor) -> Tensor:
    """Token ids `(n, length)` with others at some places `(n, gaps)`, -1 for none."""
    where = tf.where(places >= 0)
    indices = tf.stack([where[:, 0], tf.cast(tf.gather_nd(places, where), tf.int64)], axis=1)
    return tf.tensor_scatter_nd_update(token_ids, indices, tf.gather_nd(ids, where))
