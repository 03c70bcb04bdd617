"""A preview of images: one PNG, originals in the first column, an operation in each other."""

from __future__ import annotations

import io
import pathlib
import textwrap
from collections.abc import Callable

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from components.augment.sheet import Sheet

_CELL = 1.5
"""Width and height of an image in inches."""
_DPI = 110
# Matplotlib's own font comes first; it has no Hangul, kana or Han.
_FONTS = (
    "DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR", "NanumGothic",
    "Malgun Gothic", "Apple SD Gothic Neo", "UnDotum", "Droid Sans Fallback",
)  # fmt: skip
_TITLE_WIDTH = 18
"""Characters of a line above or below an image."""
_HEADING_WIDTH = 22
"""Characters that a column adds to the heading."""


def write(sheet: Sheet, path: pathlib.Path) -> None:
    """Draw the sheet.

    Args:
        sheet: What to show.
        path: PNG file.
    """
    families, covered = _fonts()
    with rc_context({"font.family": families, "axes.titleweight": "bold"}):
        _figure(sheet, lambda words: _printable(words, covered)).savefig(path, dpi=_DPI)


def _figure(sheet: Sheet, printable: Callable[[str], str]) -> Figure:
    names = ("original", *sheet.operations)
    height, width = len(sheet.samples), len(names)
    lines = [sheet.title, *sheet.warnings]
    heading = [textwrap.fill(printable(line), _HEADING_WIDTH * width) for line in lines]
    above = 0.5 + 0.17 * "\n".join(heading).count("\n")
    figure = Figure(figsize=(_CELL * width, 1.25 * _CELL * height + above), layout="constrained")
    panels = figure.subplots(height, width, squeeze=False)
    for row, sample in zip(panels, sheet.samples, strict=True):
        made = {copy.operation: copy for copy in sample.copies}
        _draw(row[0], sample.original, printable(sample.label))
        for panel, name in zip(row[1:], sheet.operations, strict=True):
            if name in made:
                _draw(panel, made[name].content, printable(made[name].note))
            else:
                panel.text(0.5, 0.5, "nothing new", ha="center", va="center", fontsize=8)
                _bare(panel)
    for panel, name in zip(panels[0], names, strict=True):
        panel.set_title(textwrap.fill(name, _TITLE_WIDTH), fontsize=8)
    figure.suptitle("\n".join(heading), x=0.01, ha="left", fontsize=9)
    return figure


def _draw(panel: Axes, content: bytes, note: str) -> None:
    image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    # Small images as their pixels are, large ones smoothed to the size of the cell.
    is_small = max(image.shape[:2]) < _CELL * _DPI
    panel.imshow(image, interpolation="nearest" if is_small else "antialiased")
    panel.set_xlabel(textwrap.fill(note, _TITLE_WIDTH), fontsize=7)
    _bare(panel)


def _bare(panel: Axes) -> None:
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)


def _fonts() -> tuple[list[str], set[int]]:
    """Families to draw words with, and the code points that they have."""
    installed = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    families = [name for name in _FONTS if name in installed]
    covered: set[int] = set()
    for name in families:
        covered |= font_manager.get_font(installed[name]).get_charmap().keys()
    return families, covered


def _printable(words: str, covered: set[int]) -> str:
    """Words with characters that no font here has as escapes, rather than as empty boxes."""
    # A dollar would begin a formula.
    escaped = words.replace("$", r"\$")
    return "".join(
        c if c.isspace() or ord(c) in covered else c.encode("ascii", "backslashreplace").decode()
        for c in escaped
    )
