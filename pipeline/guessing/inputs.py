"""Which columns a model is asked about: a text, two texts or an image."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from components.ingest import errors
from components.ingest.files import locate, names
from pipeline.guessing import column, vocabulary, wording

_IMAGE_NAMES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".jp2")
_LEAST_NAMES = 0.8
"""Share of the cells that must end as image files do, or be files."""
_LOOKED_UP = 50
_FOLDERS = 50
_LEAST_DIFFERENT = 0.2
_FEW_ROWS = 20
_SENTENCE = 4
"""Words on average from which a column is one of texts, however often they repeat."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The columns of the inputs and why it is these."""

    columns: tuple[column.Column, ...]
    holds: str
    """`text` or `image`."""
    why: tuple[str, ...]
    """For each column."""
    others: tuple[column.Column, ...] = ()
    """Further columns that could be inputs."""
    folder: pathlib.Path | None = None
    """Where the images are that the cells name; None for texts and encoded images."""

    @property
    def names(self) -> set[str]:
        """Of the columns."""
        return {one.name for one in self.columns}


def is_text(one: column.Column) -> bool:
    """Whether cells are words and no numbers."""
    return not one.is_nested and not one.is_images and bool(one.filled) and one.numbers is None


def pair(columns: Sequence[column.Column]) -> Inputs | None:
    """Two texts by the names of their columns."""
    texts = {one.name: one for one in columns if is_text(one)}
    # Words of a dictionary are called alike; an answer of one word is rather a label.
    sentences = [name for name, one in texts.items() if _mean(one.tokens) >= _SENTENCE]
    found = vocabulary.numbered_pair(list(texts)) or vocabulary.different_pair(sentences)
    if not found:
        return None
    both = tuple(texts[name] for name in found)
    why = tuple(f"named as one of two; {_words(one)} on average, {one.different}" for one in both)
    others = [one for one in columns if one not in both]
    return Inputs(both, "text", why, tuple(_by_length(others)))


def images(columns: Sequence[column.Column], table: pathlib.Path, is_listed: bool) -> Inputs | None:
    """A column of encoded images, or of names of image files.

    Args:
        columns: Of the table.
        table: The file; images are looked for beside it and in the folders there.
        is_listed: Whether such names can be followed, as those of CSV and TSV can.

    Raises:
        DataError: If files are named that are not there, or that cannot be followed.
    """
    for one in columns:
        if one.is_images:
            return Inputs((one,), "image", ("encoded images",), tuple(_by_length(columns)))
        named = sum(text.lower().endswith(_IMAGE_NAMES) for text in one.filled)
        if not one.filled or named < _LEAST_NAMES * len(one.filled):
            continue
        folder, found = _folder(one, table)
        others = tuple(_by_length([other for other in columns if other is not one]))
        if folder is None:
            if others:
                continue  # There is something else to read.
            raise errors.DataError(
                f"{names.shown(table.name)}: {wording.named(one.name)} names images, such as "
                f"{one.filled[0]!r}, and they are neither beside the table nor in a folder there. "
                "Put the images or their folder beside the table."
            )
        if not is_listed:
            raise errors.DataError(
                f"{names.shown(table.name)}: {wording.named(one.name)} names image files, which "
                "are followed from CSV and TSV only. Save the table as CSV."
            )
        looked = min(_LOOKED_UP, len(one.counts))
        why = f"names images; {found} of the first {looked} are in {names.shown(folder)}"
        return Inputs((one,), "image", (why,), others, folder)
    return None


def text(columns: Sequence[column.Column]) -> Inputs | None:
    """The longest text."""
    found = _by_length(columns)
    if not found:
        return None
    first, *others = found
    why = f"{_words(first)} on average, {first.different}"
    if others:
        why = f"the longest text: {why}"
    return Inputs((first,), "text", (why,), tuple(others))


def _by_length(columns: Sequence[column.Column]) -> list[column.Column]:
    """Columns of texts, the longest first."""
    texts = [one for one in columns if not one.left_out and not one.is_split and _varies(one)]
    return sorted(texts, key=lambda one: -one.characters)


def _varies(one: column.Column) -> bool:
    """Whether a column holds texts, and not a few words again and again."""
    if not is_text(one):
        return False
    different, rows = len(one.counts), len(one.filled)
    return (
        different >= _LEAST_DIFFERENT * rows or rows < _FEW_ROWS or _mean(one.tokens) >= _SENTENCE
    )


def _folder(one: column.Column, table: pathlib.Path) -> tuple[pathlib.Path | None, int]:
    """The folder that names start from, and how many of the first ones are there."""
    asked = list(one.counts)[:_LOOKED_UP]
    best: pathlib.Path | None = None
    most = 0
    for folder in _folders(table.parent):
        locator = locate.Locator(folder)
        found = sum(find(locator, name) is not None for name in asked)
        if found > most:
            best, most = folder, found
        if found == len(asked):
            break
    return (best, most) if most >= _LEAST_NAMES * len(asked) else (None, most)


def _folders(beside: pathlib.Path) -> Iterator[pathlib.Path]:
    yield beside
    yield from names.folders(beside)[:_FOLDERS]


def find(locator: locate.Locator, name: str) -> pathlib.Path | None:
    """The file of an image that a cell names, as it is spelled on disk; None if there is none."""
    found = locator.find(name) or locator.find(name.replace("\\", "/"))
    return found if found is not None and found.is_file() else None


def _words(one: column.Column) -> str:
    return wording.counted(round(_mean(one.tokens)), "word")


def _mean(lengths: Sequence[int]) -> float:
    return sum(lengths) / len(lengths) if lengths else 0
