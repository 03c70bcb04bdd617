"""Texts of any length as windows of pieces, none of which is lost.

What is longer than a model reads is cut into as few windows as hold it, which are as equal as can
be: 300 pieces in windows of at most 126 are 100, 100 and 100. Texts that may share windows run on,
with a separator between, as in "FULL-SENTENCES" of Liu et al. (2019),
https://arxiv.org/abs/1907.11692, section 4.2, so that hardly any padding is computed; those of a
batch of rows share, in their order. Others have windows of their own ("DOC-SENTENCES").
"""

from __future__ import annotations

from typing import Any

from models import pieces
from models.encoder import Encoder
from models.pieces import Pieces
from models.tensor import Tensor
from models.text import segments

_TEXTS = 2**62
"""Numbers that texts may have, so many that no two share one by chance."""


def encoder(found: Pieces, trackable: tuple[Any, ...]) -> Encoder:
    """An encoder to `pieces` and `marks` of windows, and `texts` if they share none.

    A blank text has no window.

    Args:
        found: How texts are split.
        trackable: Layers with the resources of that.
    """
    import tensorflow as tf

    @tf.function
    def encode(features: dict[str, Tensor]) -> dict[str, Tensor]:
        if pieces.PACKED in features:
            ids = run_on(found.split(features[pieces.PACKED]))
            windows, _ = found.windows(ids)
            dense = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
            return {pieces.PIECES: dense, pieces.MARKS: found.marks(dense)}
        texts = segments.joined(features)
        windows, owners = found.windows(found.split(texts))
        ids = windows.to_tensor(pieces.PADDING, shape=(None, found.width))
        numbers = tf.strings.to_hash_bucket_fast(texts, _TEXTS)
        return {
            pieces.PIECES: ids,
            pieces.MARKS: found.marks(ids),
            pieces.TEXTS: tf.gather(numbers, owners),
        }

    return Encoder(encode, trackable, pieces=found)


def run_on(ids: Tensor) -> Tensor:
    """All texts as one with a separator behind each that has a piece, in a graph.

    Args:
        ids: Ragged `(n, pieces)`.
    """
    import tensorflow as tf

    has_pieces = tf.cast(ids.row_lengths() > 0, tf.int64)
    separators = tf.RaggedTensor.from_row_lengths(
        tf.fill([tf.reduce_sum(has_pieces)], pieces.SEPARATOR), has_pieces
    )
    return joined(tf.concat([ids, separators], axis=1))


def joined(ids: Tensor) -> Tensor:
    """All texts as one, ragged `(1, pieces)`, in a graph.

    Args:
        ids: Ragged `(n, pieces)`.
    """
    import tensorflow as tf

    whole = ids.flat_values
    return tf.RaggedTensor.from_row_lengths(whole, tf.size(whole, tf.int64)[None])


def cut(ids: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Cut texts into windows, in a graph.

    Args:
        ids: Ragged `(n, pieces)`.
        width: Most pieces of a window.

    Returns:
        Windows, ragged `(windows, pieces)`, and the text that each is of, `(windows,)` int64.
    """
    import tensorflow as tf

    sizes = ids.row_lengths()
    numbers = -(-sizes // width)
    texts = tf.repeat(tf.range(ids.nrows()), numbers)
    place = tf.ragged.range(numbers).flat_values
    size, number = tf.gather(sizes, texts), tf.gather(numbers, texts)
    lengths = (place + 1) * size // number - place * size // number
    return tf.RaggedTensor.from_row_lengths(ids.flat_values, lengths, validate=False), texts
