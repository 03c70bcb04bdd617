"""One column of a table, as a sample of its rows shows it."""

from __future__ import annotations

import collections
import dataclasses
import functools
import math
import re
import unicodedata
from collections import Counter
from typing import Any

from components import stand_ins
from components.ingest import images, splits
from pipeline.guessing import vocabulary, wording

LONGEST_LABEL = 60
"""Characters."""
_NEARLY_ALL = 0.98
_URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(
    # The second part is a month, or else prices such as 1234.56 are dates.
    r"(\d{4}[-/.]\s?(0?[1-9]|1[0-2])([-/.]\s?\d{1,2})?\.?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}년.*)"
    r"([T ]\d{1,2}:\d{2}.*)?"
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_LEAST_NUMBERED = 10
_IMAGES_OPENED = 5
_MOST_SPLITS = 10
_SEPARATORS = ("|", ";", ",")
_LEAST_SEPARATED = 0.1
"""Share of cells with several labels from which a column holds such cells."""
_LONGEST_TAG = 30
_WORDS_OF_A_TAG = 3


@dataclasses.dataclass(frozen=True)
class Column:
    """Name and cells."""

    name: str
    """As the table spells it."""
    cells: tuple[Any, ...]
    """As they were read, one for each row of the sample."""

    @functools.cached_property
    def filled(self) -> list[str]:
        """Cells that hold something, as text; lists and the like are left out."""
        texts = (_text(cell) for cell in self.cells)
        return [text for text in texts if text and not stand_ins.is_never_a_class(text)]

    @functools.cached_property
    def counts(self) -> Counter[str]:
        """Different texts and how often each occurs."""
        return collections.Counter(self.filled)

    @functools.cached_property
    def lists(self) -> list[list[Any]]:
        """Cells that are lists, as JSON has them."""
        return [list(cell) for cell in self.cells if isinstance(cell, list | tuple)]

    @functools.cached_property
    def is_nested(self) -> bool:
        """Whether cells hold objects or lists."""
        return any(isinstance(cell, dict | list | tuple) for cell in self.cells)

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return len(self.cells) - len(self.filled) - (len(self.lists) if self.is_nested else 0)

    @functools.cached_property
    def numbers(self) -> list[float] | None:
        """The finite values, if there are some and nearly all are numbers."""
        found = [float(text) for text in self.filled if _NUMBER.fullmatch(text)]
        is_numeric = bool(found) and len(found) >= _NEARLY_ALL * len(self.filled)
        return [n for n in found if math.isfinite(n)] or None if is_numeric else None

    @property
    def has_fractions(self) -> bool:
        """Whether any number has a part after the point."""
        return any(not number.is_integer() for number in self.numbers or ())

    @functools.cached_property
    def characters(self) -> float:
        """Mean length in characters."""
        return sum(map(len, self.filled)) / len(self.filled) if self.filled else 0

    @functools.cached_property
    def tokens(self) -> list[int]:
        """Words and single signs of each row, 0 where nothing is."""
        return [len(_TOKEN.findall(_text(cell) or "")) for cell in self.cells]

    @functools.cached_property
    def lengths(self) -> list[int]:
        """Characters of each row, 0 where nothing is."""
        return [len(_text(cell) or "") for cell in self.cells]

    @functools.cached_property
    def is_images(self) -> bool:
        """Whether the cells are encoded images."""
        found = [cell for cell in self.cells if isinstance(cell, bytes)][:_IMAGES_OPENED]
        return bool(found) and all(map(_is_image, found))

    @functools.cached_property
    def is_split(self) -> bool:
        """Whether every cell names a split, train and another one among them."""
        if self.missing or len(self.counts) > _MOST_SPLITS:
            return False
        named = {splits.named(value) for value in self.counts}
        return "train" in named and len(named) > 1 and None not in named

    @functools.cached_property
    def separator(self) -> str | None:
        """What stands between several labels in a cell, if cells hold several."""
        return next((one for one in _SEPARATORS if self._is_separated_by(one)), None)

    def _is_separated_by(self, separator: str) -> bool:
        several = [text for text in self.filled if separator in text]
        if len(several) < _LEAST_SEPARATED * len(self.filled) or len(several) < 2:
            return False
        parts = [part.strip() for text in self.filled for part in text.split(separator)]
        different = set(filter(None, parts))
        return (
            all(len(part) <= _LONGEST_TAG for part in different)
            and all(len(part.split()) <= _WORDS_OF_A_TAG for part in different)
            # Labels occur again and again; parts of sentences and addresses do not.
            and 1 < len(different) <= len(parts) / 2
            and not any(map(_NUMBER.fullmatch, different))
            and not any(part.startswith(("[", "{")) for part in different)
        )

    @functools.cached_property
    def left_out(self) -> str | None:
        """Why it is neither learned nor read, in words; None if it may be."""
        if self.is_images or self.lists:
            return None
        if self.is_nested:
            return "objects, not one text or number a row"
        if not self.filled:
            return "empty"
        if len(self.counts) == 1 and len(self.filled) > 1 and not vocabulary.is_label(self.name):
            return f"{next(iter(self.counts))[:20]!r} in every row"
        if self._mostly(_URL):
            return "addresses of web pages"
        if self._mostly(_DATE):
            return "dates"
        if self._names_rows:
            return f"names rows: {len(self.counts):,} different in {len(self.filled):,}"
        return None

    @property
    def _names_rows(self) -> bool:
        if vocabulary.is_id(self.name):
            return vocabulary.target_rank(self.name) is None or len(self.counts) == len(self.filled)
        if len(self.counts) < max(_LEAST_NUMBERED, len(self.filled)):
            return False
        if self.numbers is not None:
            steps = sorted(self.numbers)
            return not self.has_fractions and steps[-1] - steps[0] == len(steps) - 1
        return all(" " not in text and any(map(str.isdigit, text)) for text in self.filled)

    def _mostly(self, pattern: re.Pattern[str]) -> bool:
        found = sum(bool(pattern.fullmatch(text)) for text in self.filled)
        return found >= _NEARLY_ALL * len(self.filled)

    @property
    def different(self) -> str:
        """How many different values there are, in words."""
        rows = wording.counted(len(self.filled), "row")
        if len(self.counts) == len(self.filled) > 1:
            return f"{rows}, all different"
        return f"{wording.counted(len(self.counts), 'value')} in {rows}"

    @property
    def shares(self) -> str:
        """The most frequent values with their shares, in words."""
        total = len(self.filled)
        return wording.listed(
            [
                f"{wording.quoted(value)} ({wording.share(count, total)})"
                for value, count in self.counts.most_common()
            ],
            3,
        )


def _text(cell: Any) -> str | None:
    """A cell as one text; None for nothing, for lists and for bytes that are no text."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return None if math.isnan(cell) else f"{cell:.15g}"
    if isinstance(cell, bytes):
        try:
            cell = cell.decode()
        except UnicodeDecodeError:
            return None
    if isinstance(cell, int | str):
        return unicodedata.normalize("NFC", str(cell)).strip() or None
    return None


def _is_image(cell: bytes) -> bool:
    # Pillow's decoders raise whatever damaged bytes provoke.
    try:
        images.prepare(cell)
    except images.BadImage:
        return False
    return True
