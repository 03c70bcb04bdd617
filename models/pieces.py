"""Texts as pieces of words: what a model that learns to tell pieces and its task share.

The special pieces and their order are this project's choice; that there are five, and how texts
stand between them, is Devlin et al. (2018), https://arxiv.org/abs/1810.04805, section 3.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""The first pieces of every vocabulary, in the order of their ids."""
PADDING, UNKNOWN, FIRST, SEPARATOR, MASK = range(len(SPECIAL))
MASK_TEXT = SPECIAL[MASK]
"""What stands in a text for a piece that is asked for."""
PACKED = "packed_text"
"""Texts `(n,)` string for an encoder to pieces, of which short ones may share a window; in `text`
each has windows of its own."""
PIECES = "pieces"
"""Input of tasks that mask: ids of windows of texts, `(windows, width)` int32, filled up with
`PADDING`; the only special piece in them is `SEPARATOR`, between texts that share a window."""
MARKS = "marks"
"""What is known of each of them, `(windows, width)` uint8, a sum of the two below."""
TEXTS = "texts"
"""A number of the text that each window is of, `(windows,)` int64, unless texts share windows; that
of equal texts is the same."""
CONTINUES = 1
"""The piece continues a word."""
ENDS = 2
"""The piece ends a sentence."""
MASKED = "masked_places"
"""Input of models that tell pieces: places of the tokens that are asked for, `(batch, n)` int32; 0,
that of `[CLS]`, where a text has fewer."""
AROUND = 2
"""Special pieces around one text."""
AROUND_PAIR = 3
"""Special pieces around and between two texts."""


@dataclasses.dataclass(frozen=True)
class Pieces:
    """How a model splits texts whose pieces it learns to tell."""

    names: tuple[str, ...]
    """The vocabulary, in the order of the ids; `##` before a piece that continues a word."""
    split: Callable[[Any], Any]
    """Texts `(n,)` string to ids, ragged `(n, pieces)` int32, in a graph; no id is special."""
    windows: Callable[[Any], tuple[Any, Any]]
    """Ids of texts to those of their windows, ragged `(windows, width)`, and the place of the text
    that each is of, `(windows,)` int64, in a graph."""
    marks: Callable[[Any], Any]
    """Ids to `MARKS` of the same shape, in a graph."""
    length: int
    """Tokens that the model reads, special ones included."""
    around: int = AROUND
    """Special pieces that are put around those of a window."""

    @property
    def width(self) -> int:
        """Pieces of a window."""
        return self.length - self.around
