"""Which spans of a text are taken out, what is read in their place, and what is to be written.

Source: Raffel et al. (2019), https://arxiv.org/abs/1910.10683, section 3.1.4 and figure 2; how
spans are drawn, and which sentinels stand for what, is that of T5's code (`random_spans_noise_mask`
and `noise_span_to_unique_sentinel` in t5/data/preprocessors.py of
https://github.com/google-research/text-to-text-transfer-transformer). A text begins with what stays
and ends with a span, so that a short one has its only span at its end.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from models import sentinels
from models.tensor import Tensor

_SIGN = 1
"""The end of a text."""


@dataclasses.dataclass(frozen=True)
class How:
    """What is taken out."""

    share: float
    """Of the tokens, in (0, 1)."""
    mean_span: float
    """Tokens of a span, at least 1."""

    def counts(self, length: int) -> tuple[int, int]:
        """Tokens that are taken out of a text of some tokens, and in how many spans.

        At least one token is taken out and one stays; a text of one token stays as it is.
        """
        if length < 2:
            return 0, 0
        lost = min(max(round(length * self.share), 1), length - 1)
        return lost, min(max(round(lost / self.mean_span), 1), length - lost)


def drawn(sizes: Tensor, scores: tuple[Tensor, Tensor], how: How) -> Tensor:
    """Which tokens are taken out, `(n, width)` bool.

    Every way to part what is lost, and what stays, into spans is as likely as any other.

    Args:
        sizes: Tokens of each text, `(n,)` int32, `width` at most.
        scores: Two times numbers in [0, 1), `(n, width)`, that decide.
        how: What is taken out.
    """
    width = scores[0].shape[1]
    lost, spans = (tf.gather(table, sizes) for table in _counts(how, width))
    of_kept, of_lost = (
        _segments(number, spans, score)
        for number, score in zip((sizes - lost, lost), scores, strict=True)
    )
    # What stays of a segment, then what is lost of it, then those of the next.
    order = tf.sort(tf.concat([2 * of_kept, 2 * of_lost + 1], axis=1), axis=1)[:, :width]
    return (order % 2 == 1) & (tf.range(width) < sizes[:, None])


def parted(ids: Tensor, sizes: Tensor, is_lost: Tensor, pieces: int) -> tuple[Tensor, Tensor]:
    """What is read and what is to be written, each with its end, ragged `(n, tokens)` int32.

    Of each run of tokens that are lost a sentinel is read; of each run that stays it is written.

    Args:
        ids: Of texts that begin with what stays, `(n, width)` int32, filled up with padding.
        sizes: Tokens of each, `(n,)` int32.
        is_lost: Which tokens are taken out, `(n, width)` bool.
        pieces: Of the vocabulary.
    """
    is_token = tf.range(ids.shape[1]) < sizes[:, None]
    known = tf.constant(sentinels.ids(pieces))
    read, written = (
        _with_sentinels(ids, is_token & is_replaced, is_token, known)
        for is_replaced in (is_lost, ~is_lost)
    )
    return read, written


def inputs(
    ids: Tensor, scores: tuple[Tensor, Tensor], how: How, pieces: int
) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs of a model, and what it is to write.

    Args:
        ids: Of windows of texts, `(n, width)` int32, filled up with padding.
        scores: See `drawn`.
        how: What is taken out.
        pieces: Of the vocabulary.

    Returns:
        `source_ids`, `target_ids`, which have padding before them, and the targets, each `(n,
        length)` int32, filled up with padding; lengths depend on the width alone.
    """
    width = ids.shape[1]
    sizes = tf.math.count_nonzero(ids != sentinels.PADDING, axis=1, dtype=tf.int32)
    read, written = parted(ids, sizes, drawn(sizes, scores, how), pieces)
    most_read, most_written = lengths(how, width)
    targets = written.to_tensor(sentinels.PADDING, shape=(None, most_written))
    return {
        sentinels.SOURCE: read.to_tensor(sentinels.PADDING, shape=(None, most_read)),
        sentinels.TARGET: tf.pad(targets, [[0, 0], [1, 0]], constant_values=sentinels.PADDING),
    }, targets


def lengths(how: How, width: int) -> tuple[int, int]:
    """Most tokens that are read and that are written of windows of some tokens, ends included."""
    lost, spans = _counts(how, width)
    sizes = np.arange(width + 1)
    # Of a text without a span the one run that stays is written as a sentinel.
    written = lost + np.maximum(spans, 1)
    return int((sizes - lost + spans).max()) + _SIGN, int(written.max()) + _SIGN


def _counts(how: How, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens that are lost and their spans by the tokens of a text, each `(width + 1,)` int32."""
    lost, spans = np.array([how.counts(size) for size in range(width + 1)], np.int32).T
    return lost, spans


def _segments(number: Tensor, parts: Tensor, scores: Tensor) -> Tensor:
    """The segment of each of some items, `(n, width)` int32; of places behind them the last of all.

    Args:
        number: Of items, `(n,)` int32.
        parts: Of segments that they are parted into, none of which is empty, `(n,)` int32.
        scores: That decide where one begins, `(n, width)`.
    """
    width = scores.shape[1]
    place = tf.range(width)[None]
    is_item = place < number[:, None]
    ranked = tf.where(is_item & (place > 0), scores, -1.0)
    rank = tf.argsort(tf.argsort(-ranked, axis=1, stable=True), axis=1)
    begins = is_item & (place > 0) & (rank < parts[:, None] - 1)
    return tf.where(is_item, tf.cumsum(tf.cast(begins, tf.int32), axis=1), width)


def _with_sentinels(ids: Tensor, is_replaced: Tensor, is_token: Tensor, known: Tensor) -> Tensor:
    """Texts whose runs of some tokens are a sentinel each, and their ends, ragged."""
    follows = tf.pad(is_replaced[:, :-1], [[0, 0], [1, 0]])
    is_first = is_replaced & ~follows
    number = tf.cumsum(tf.cast(is_first, tf.int32), axis=1) - 1
    told = tf.where(is_first, tf.gather(known, tf.maximum(number, 0)), ids)
    left = tf.ragged.boolean_mask(told, is_token & ~(is_replaced & follows))
    return tf.concat([left, tf.fill([left.nrows(), 1], sentinels.END)], axis=1)
