"""Texts with spans taken out of them: what a model that fills them in and its task share.

Source: Raffel et al. (2019), https://arxiv.org/abs/1910.10683, section 3.1.4: the signs and their
ids are T5's, and a sentinel stands for a span, another one for each.
"""

from __future__ import annotations

SPECIAL = ("<pad>", "</s>", "<unk>")
"""The first pieces, in the order of their ids."""
PADDING, END, UNKNOWN = range(len(SPECIAL))
"""Padding also stands before what is written."""
SOURCE, TARGET = "source_ids", "target_ids"
"""Inputs of the model, see `models/text/parallel.py`."""
NUMBER = 100
TEXTS = tuple(f"<extra_id_{place}>" for place in range(NUMBER))
"""How sentinels are spelled, the first one of a text first; the last pieces, the first one last."""
SPELLED = r"<extra_id_\d+>"
"""All of them, as a regular expression."""


def ids(pieces: int) -> tuple[int, ...]:
    """Ids of the sentinels, the first one of a text first.

    Args:
        pieces: Of the vocabulary, sentinels included.
    """
    return tuple(pieces - 1 - place for place in range(NUMBER))
