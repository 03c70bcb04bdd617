"""Groups of rows that can be told apart by looking at them, and how well each is answered."""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from models.tasks import intervals
from pipeline.error_analysis.examined import Examined

_FEWEST = 10
"""Rows of a slice that is told of."""
_PARTS = 4
_WORD = re.compile(r"\w+")
_SCRIPTS = ("HANGUL", "LATIN", "CJK", "HIRAGANA", "KATAKANA", "CYRILLIC", "ARABIC", "GREEK", "THAI")
_SQUARE = 1.1
"""Longer side over the shorter one, up to which a picture counts as square."""
_UNKNOWN = (0.0, 0.1, 0.3)
"""Shares of unknown words that bound the slices."""


class Part(NamedTuple):
    """Which rows of a group; parts are told in order."""

    rank: int
    """Place in that order."""
    name: str
    """In words."""


@dataclasses.dataclass(frozen=True)
class Slice:
    """Some rows."""

    group: str
    """What they are told apart by, such as `length`."""
    name: str
    """Which of them."""
    count: int
    """Rows."""
    value: float
    """The headline metric."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end."""


def by_text(texts: Sequence[str], known: Callable[[], set[str]]) -> dict[str, list[Part]]:
    """The part of each text, by group: length, script, unknown words.

    Args:
        texts: Of the evaluated rows; the texts of a row joined.
        known: Gives the words of the train split.
    """
    lengths = np.array([len(text) for text in texts])
    words = known()
    return {
        "length": _quarters(lengths, "characters"),
        "script": [_script(text) for text in texts],
        "unknown words": [_unknown(text, words) for text in texts],
    }


def by_image(images: Sequence[bytes]) -> dict[str, list[Part]]:
    """The part of each image, by group: size, brightness, aspect."""
    sizes, greys = [], []
    for data in images:
        with Image.open(io.BytesIO(data)) as image:
            sizes.append(image.size)
            # Images were verified by Ingest; a thumbnail says how bright they are.
            greys.append(float(np.asarray(image.convert("L").resize((8, 8))).mean()))
    pixels = np.array([width * height for width, height in sizes])
    return {
        "size": _quarters(pixels, "pixels"),
        "brightness": _quarters(np.round(greys), "of 255"),
        "aspect": [_aspect(*size) for size in sizes],
    }


def measured(parts: Mapping[str, Sequence[Part]], examined: Examined) -> list[Slice]:
    """Each slice with the headline metric; groups that do not divide the rows are left out.

    Args:
        parts: That of each row, by group.
        examined: The rows.
    """
    found = []
    for group, of_rows in parts.items():
        counts = Counter(of_rows)
        told = [part for part in sorted(counts) if counts[part] >= _FEWEST]
        if len(told) > 1:
            found += [_slice(group, part, of_rows, examined) for part in told]
    return found


def words(texts: Iterable[str]) -> set[str]:
    """The words of texts, in lower case."""
    return {word for text in texts for word in _WORD.findall(text.lower())}


def _slice(group: str, part: Part, of_rows: Sequence[Part], examined: Examined) -> Slice:
    places = [place for place, one in enumerate(of_rows) if one == part]
    statistics = examined.statistics[places]
    low, high = intervals.interval(examined.metric, statistics)
    value = examined.metric.figure(statistics)
    return Slice(group, part.name, len(places), float(value), float(low), float(high))


def _quarters(values: np.ndarray, unit: str) -> list[Part]:
    """Which quarter of all values each is in; fewer parts where many values are the same."""
    bounds = np.unique(np.quantile(values, np.linspace(0, 1, _PARTS + 1)[1:-1], method="higher"))
    names = [f"up to {bounds[0]:,.0f} {unit}"]
    names += [f"{low:,.0f} to {high:,.0f} {unit}" for low, high in itertools.pairwise(bounds)]
    names.append(f"more than {bounds[-1]:,.0f} {unit}")
    return [Part(int(rank), names[rank]) for rank in np.searchsorted(bounds, values, side="left")]


def _script(text: str) -> Part:
    """The script of most letters."""
    counts: Counter[str] = Counter()
    for character in unicodedata.normalize("NFC", text):
        if character.isalpha():
            name = unicodedata.name(character, "")
            counts[next((one for one in _SCRIPTS if name.startswith(one)), "other")] += 1
    return Part(0, counts.most_common(1)[0][0].capitalize() if counts else "no letters")


def _unknown(text: str, known: set[str]) -> Part:
    found = _WORD.findall(text.lower())
    share = sum(word not in known for word in found) / max(1, len(found))
    rank = sum(share > bound for bound in _UNKNOWN)
    names = ("none", *(f"up to {bound:.0%}" for bound in _UNKNOWN[1:]))
    return Part(rank, names[rank] if rank < len(names) else f"more than {_UNKNOWN[-1]:.0%}")


def _aspect(width: int, height: int) -> Part:
    if max(width, height) <= _SQUARE * min(width, height):
        return Part(1, "square")
    return Part(2, "landscape") if width > height else Part(0, "portrait")


def as_json(found: Sequence[Slice]) -> list[dict[str, Any]]:
    """For the file."""
    return [dataclasses.asdict(one) for one in found]
