"""A text's units, each of which gets a tag, and where they stand in it.

In a graph, of the text as it came: places count code points of it, whatever a model makes of a
unit later. Kinds: `given` are words that stand between white space already; `words` are runs of
letters and digits, single other signs by themselves; `characters` are what people take for one,
with the marks, joined jamo and joined emoji that follow.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import unicodedata
from typing import Any, Literal

import numpy as np

Unit = Literal["given", "words", "characters"]
_SPACE, _WORD, _SIGN, _EXTEND = range(4)
_JOINER = 0x200D
_INVISIBLE = (0x200B, 0xFEFF)
_POINT = ord(".")
_CONNECTORS = tuple(map(ord, ".,:/&_-\u00b7\u2010\u2011"))
"""Signs that do not end a word between letters or digits: U.S.-based, 1,000.5, AT&T."""
_EXTENDING = ((0x1160, 0x11FF), (0xD7B0, 0xD7FF), (0x1F3FB, 0x1F3FF))
"""Letters and signs that are part of the one before: vowels and finals of Hangul that was taken
apart (NFD), tones of skin."""


@dataclasses.dataclass(frozen=True)
class Units:
    """The units of some texts; tensors are ragged, `(n, units)`."""

    words: Any
    """Each as it stands in the text, string."""
    starts: Any
    """Code points before it, int64."""
    ends: Any
    """Code points up to its end, int64."""


def split(texts: Any, kind: Unit) -> Units:
    """The units of texts.

    Args:
        texts: `(n,)` string, UTF-8.
        kind: What a unit is.
    """
    import tensorflow as tf

    codes = tf.strings.unicode_decode(texts, "UTF-8")
    rows, flat = codes.value_rowids(), codes.flat_values
    places = tf.ragged.range(codes.row_lengths()).flat_values
    classes = _classes(flat)
    is_after_space = _before(classes, rows, _SPACE) == _SPACE
    is_joined = (classes == _EXTEND) | (_before(flat, rows, 0) == _JOINER)
    is_first = ~is_joined | is_after_space
    # By what people take for a character, of the class that its first code point has.
    chosen = tf.where(is_first)[:, 0]
    kinds, owners, firsts = (tf.gather(each, chosen) for each in (classes, rows, flat))
    kinds = tf.where(kinds == _EXTEND, _SIGN, kinds)
    kinds, begins = _RULES[kind](kinds, firsts, owners)
    is_kept = kinds != _SPACE
    begins &= is_kept
    ends_here = is_kept & (_after(begins, owners, True) | ~_after(is_kept, owners, False))
    # A character ends where the next one begins, or with its text.
    lengths = tf.gather(codes.row_lengths(), owners)
    starts = tf.gather(places, chosen)
    ends = tf.where(_after(owners, owners, -1) == owners, _after(starts, owners, 0), lengths)
    counts = tf.math.unsorted_segment_sum(tf.cast(begins, tf.int64), owners, codes.nrows())
    of_units = tf.cumsum(tf.cast(begins, tf.int32)) - 1
    of_characters = tf.cumsum(tf.cast(is_first, tf.int32)) - 1
    is_inside = tf.gather(is_kept, of_characters)
    units = tf.boolean_mask(tf.gather(of_units, of_characters), is_inside)
    signs = tf.strings.unicode_encode(tf.boolean_mask(flat, is_inside)[:, None], "UTF-8")
    words = tf.strings.unsorted_segment_join(signs, units, tf.reduce_sum(counts))

    def ragged(values: Any) -> Any:
        return tf.RaggedTensor.from_row_lengths(values, counts, validate=False)

    return Units(
        ragged(words),
        ragged(tf.boolean_mask(starts, begins)),
        ragged(tf.boolean_mask(ends, ends_here)),
    )


def cut_out(texts: Any, starts: Any, ends: Any) -> Any:
    """What stands in texts at some places, ragged `(n, parts)` string.

    Args:
        texts: `(n,)` string, UTF-8.
        starts: Code points before each part, ragged `(n, parts)` int64.
        ends: Code points up to the end of each.
    """
    import tensorflow as tf

    codes = tf.strings.unicode_decode(texts, "UTF-8")
    offsets = tf.gather(codes.row_starts(), starts.value_rowids())
    sizes = (ends - starts).flat_values
    picked = tf.ragged.range(starts.flat_values + offsets, ends.flat_values + offsets)
    signs = tf.strings.unicode_encode(
        tf.gather(codes.flat_values, picked.flat_values)[:, None], "UTF-8"
    )
    parts = tf.repeat(tf.range(tf.size(sizes)), sizes)
    return starts.with_flat_values(tf.strings.unsorted_segment_join(signs, parts, tf.size(sizes)))


def _as_given(kinds: Any, firsts: Any, owners: Any) -> tuple[Any, Any]:
    return kinds, _before(kinds, owners, _SPACE) == _SPACE


def _as_words(kinds: Any, firsts: Any, owners: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    is_connector = tf.reduce_any(firsts[:, None] == tf.constant(_CONNECTORS)[None], axis=1)
    is_after_word = _before(kinds, owners, _SPACE) == _WORD
    is_inside = is_connector & is_after_word & (_after(kinds, owners, _SPACE) == _WORD)
    # The point that ends a run of single letters and points: U.S. and e.g., but not 3.5.
    is_initial = is_after_word & (_before(_before(firsts, owners, 0), owners, 0) == _POINT)
    is_letter = _before(firsts, owners, 0) > ord("9")
    is_abbreviation = (firsts == _POINT) & is_initial & is_letter
    kinds = tf.where(is_inside | is_abbreviation, _WORD, kinds)
    return kinds, (kinds != _WORD) | (_before(kinds, owners, _SPACE) != _WORD)


def _as_characters(kinds: Any, firsts: Any, owners: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    return kinds, tf.ones_like(kinds, tf.bool)


_RULES = {"given": _as_given, "words": _as_words, "characters": _as_characters}
"""Classes, first code points and texts of characters to their classes and whether each begins a
unit."""


def _before(values: Any, rows: Any, absent: Any) -> Any:
    """The value before each, `absent` for the first of a row."""
    import tensorflow as tf

    filler = tf.fill([1], tf.cast(absent, values.dtype))
    shifted = tf.concat([filler, values[:-1]], 0)[: tf.size(values)]
    is_same = tf.concat([tf.fill([1], False), rows[1:] == rows[:-1]], 0)[: tf.size(values)]
    return tf.where(is_same, shifted, tf.cast(absent, values.dtype))


def _after(values: Any, rows: Any, absent: Any) -> Any:
    """The value after each, `absent` for the last of a row."""
    import tensorflow as tf

    return tf.reverse(_before(tf.reverse(values, [0]), tf.reverse(rows, [0]), absent), [0])


def _classes(codes: Any) -> Any:
    """Classes of code points, `(n,)` int32 both."""
    import tensorflow as tf

    bounds, classes = _table()
    places = tf.searchsorted(tf.constant(bounds), codes, side="right") - 1
    return tf.gather(tf.constant(classes), places)


@functools.cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """First code points of the runs that have one class, and their classes, int32 both."""
    by_category = {"L": _WORD, "N": _WORD, "M": _EXTEND, "Z": _SPACE, "C": _SIGN}
    exact = {"Cc": _SPACE, "Cf": _EXTEND}
    found = np.empty(sys.maxunicode + 1, np.int32)
    for code in range(len(found)):
        category = unicodedata.category(chr(code))
        found[code] = exact.get(category, by_category.get(category[0], _SIGN))
    for first, last in _EXTENDING:
        found[first : last + 1] = _EXTEND
    found[list(_INVISIBLE)] = _SPACE
    bounds = np.flatnonzero(np.diff(found, prepend=-1))
    return bounds.astype(np.int32), found[bounds]
