"""Pairs of parts of texts, half of which follow one another.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, section 3.1, task 2. A window is
parted where a sentence ends, or between words where none does; a second part that does not follow
is that of another text of the same batch.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from models import pieces
from models.tasks.masking.layout import Layout, Part, laid_out, whole
from models.tensor import Tensor

FOLLOWS, OTHER, ALONE = 0, 1, -1
"""Targets: the second part follows, is another's, or there is none."""
_SHARE = 0.5
"""Of pairs that follow one another."""


def paired(
    ids: Tensor, marks: Tensor, texts: Tensor, length: int, scores: Tensor, coins: Tensor
) -> tuple[Layout, Tensor]:
    """Part windows, and give half of them the second part of another.

    Args:
        ids: Of windows, `(n, width)` int32.
        marks: Of the same, `(n, width)` uint8.
        texts: Of which text a window is, `(n,)` int.
        length: Tokens that a model reads.
        scores: Numbers in [0, 1), `(n, width)`, that decide where a window is parted.
        coins: Numbers in [0, 1), `(n,)`, that decide whether parts follow; the first also decides
            whose part it is otherwise.

    Returns:
        The layout, and targets `(n,)` int32: `FOLLOWS`, `OTHER`, or `ALONE` for windows of one
        word.
    """
    window = whole(ids, marks)
    begins = parted(window, scores)
    second = dataclasses.replace(window, begin=begins, size=window.size - begins)
    number = tf.shape(ids)[0]
    shift = 1 + tf.cast(coins[0] * tf.cast(number - 1, coins.dtype), tf.int32)
    others = (tf.range(number) + shift) % number
    swapped = Part(*(tf.gather(one, others) for one in (ids, marks, begins, second.size)))
    can_swap = (tf.gather(texts, others) != texts) & (swapped.size > 0) & (second.size > 0)
    is_other = can_swap & (coins >= _SHARE)
    chosen = Part(
        *(
            tf.where(is_other[:, None] if one.shape.rank == 2 else is_other, one, own)
            for one, own in (
                (swapped.ids, second.ids),
                (swapped.marks, second.marks),
                (swapped.begin, second.begin),
                (swapped.size, second.size),
            )
        )
    )
    first = dataclasses.replace(window, size=begins)
    targets = tf.where(is_other, OTHER, tf.where(second.size > 0, FOLLOWS, ALONE))
    return laid_out(*shortened(first, chosen, length - pieces.AROUND_PAIR), length), targets


def parted(window: Part, scores: Tensor) -> Tensor:
    """Where the second part of each window begins, `(n,)` int32; its end, if it is one word."""
    places = tf.range(tf.shape(window.ids)[1])[None]
    is_inside = (places > 0) & (places < window.size[:, None])
    before = tf.pad(window.marks[:, :-1], [[0, 0], [1, 0]])
    is_word = window.marks & pieces.CONTINUES == 0
    after_sentence = (before & pieces.ENDS > 0) & is_word
    ranked = tf.where(after_sentence, 1.0 + scores, tf.where(is_word, scores, -1.0))
    ranked = tf.where(is_inside, ranked, -1.0)
    best = tf.argmax(ranked, axis=1, output_type=tf.int32)
    return tf.where(tf.reduce_max(ranked, axis=1) >= 0, best, window.size)


def shortened(first: Part, second: Part, room: int) -> tuple[Part, Part]:
    """Cut the begin of the first and the end of the second part so that both together fit.

    What stays are the pieces where they meet. Each may fill half; what the shorter one leaves over
    is the other's.

    Args:
        first: Of each row.
        second: Of each row.
        room: Most pieces of both.
    """
    half = -(-room // 2)
    kept = tf.minimum(first.size, tf.maximum(half, room - second.size))
    cut = dataclasses.replace(first, begin=first.begin + first.size - kept, size=kept)
    return cut, dataclasses.replace(second, size=tf.minimum(second.size, room - kept))
