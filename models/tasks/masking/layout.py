"""Windows of pieces between special ones, as BERT reads them.

Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805, figure 2: `[CLS] A [SEP]`, or
`[CLS] A [SEP] B [SEP]` with segment 0 for A and 1 for B, each with the `[SEP]` behind it.
"""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from models import pieces
from models.tensor import Tensor

_KINDS = 4
"""Of marks: a sum of two bits."""


@dataclasses.dataclass(frozen=True)
class Part:
    """Pieces of each row that are laid out one after the other."""

    ids: Tensor
    """`(n, width)` int32."""
    marks: Tensor
    """Of the same, see `models/pieces.py`, `(n, width)` uint8."""
    begin: Tensor
    """The first one that is read, `(n,)` int32."""
    size: Tensor
    """How many are read, `(n,)` int32."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a model reads, each `(n, length)`."""

    token_ids: Tensor
    """Int32."""
    segment_ids: Tensor
    """Int32, 0 or 1."""
    padding_mask: Tensor
    """Int32, 1 where a token is."""
    is_piece: Tensor
    """Bool, where a token is no special one."""
    marks: Tensor
    """Int32, of pieces."""

    def inputs(self, token_ids: Tensor, places: Tensor) -> dict[str, Tensor]:
        """Inputs of a model.

        Args:
            token_ids: As of the layout, perhaps with gaps.
            places: Of the tokens that are asked for, `(n, asked)` int32.
        """
        return {
            "token_ids": token_ids,
            "segment_ids": self.segment_ids,
            "padding_mask": self.padding_mask,
            pieces.MASKED: places,
        }


def whole(ids: Tensor, marks: Tensor) -> Part:
    """All pieces of windows `(n, width)` that are filled up with padding."""
    sizes = tf.reduce_sum(tf.cast(ids != pieces.PADDING, tf.int32), axis=1)
    return Part(ids, marks, tf.zeros_like(sizes), sizes)


def laid_out(first: Part, second: Part | None, length: int) -> Layout:
    """Lay out one part, or two; a second one of no pieces is left out.

    Args:
        first: A.
        second: B, if there may be one.
        length: Of what is read; what does not fit is cut off.
    """
    place = tf.range(length)[None]
    size = first.size[:, None]
    found = _read(first, place - 1)
    is_piece = (place > 0) & (place <= size)
    last, segments = size + 1, tf.zeros_like(found)
    is_separator = place == last
    if second is not None:
        other = second.size[:, None]
        is_second = (place > last) & (place <= last + other)
        found = tf.where(is_second, _read(second, place - last - 1), found)
        last += tf.where(other > 0, other + 1, 0)
        is_piece |= is_second
        segments = tf.cast((place > size + 1) & (place <= last), tf.int32)
        is_separator |= place == last
    ids = tf.where(is_piece, found // _KINDS, pieces.PADDING)
    is_piece &= ids != pieces.SEPARATOR  # Between texts that share a window.
    ids = tf.where(is_separator, pieces.SEPARATOR, ids)
    ids = tf.where(place == 0, pieces.FIRST, ids)
    return Layout(
        ids,
        segments,
        tf.cast(place <= last, tf.int32),
        is_piece,
        tf.where(is_piece, found % _KINDS, 0),
    )


def _read(part: Part, places: Tensor) -> Tensor:
    """Ids and marks in one number, by place in the part, `(n, length)` int32."""
    both = part.ids * _KINDS + tf.cast(part.marks, tf.int32)
    last = tf.shape(both)[1] - 1
    return tf.gather(both, tf.clip_by_value(places + part.begin[:, None], 0, last), batch_dims=1)
