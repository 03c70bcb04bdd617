"""A preview of images: one PNG, originals in the first column, an operation in each other."""

from __future__ import annotations

import io
import pathlib
import textwrap

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from components import figure_text
from components.augment.contract import Inputs
from components.augment.sheet import Sheet

_CELL = 1.5
"""Width and height of an image in inches."""
_DPI = 110
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
    with figure_text.fonts(), rc_context({"axes.titleweight": "bold"}):
        _figure(sheet).savefig(path, dpi=_DPI)


def _figure(sheet: Sheet) -> Figure:
    names = ("original", *sheet.operations)
    height, width = len(sheet.samples), len(names)
    lines = [sheet.title, *sheet.warnings]
    heading = [_wrapped(line, _HEADING_WIDTH * width) for line in lines]
    above = 0.5 + 0.17 * "\n".join(heading).count("\n")
    figure = Figure(figsize=(_CELL * width, 1.25 * _CELL * height + above), layout="constrained")
    panels = figure.subplots(height, width, squeeze=False)
    for row, sample in zip(panels, sheet.samples, strict=True):
        made = {copy.operation: copy for copy in sample.copies}
        _draw(row[0], sample.originals, sample.target)
        for panel, name in zip(row[1:], sheet.operations, strict=True):
            if name in made:
                _draw(panel, made[name].inputs, made[name].note)
            else:
                panel.text(0.5, 0.5, "nothing new", ha="center", va="center", fontsize=8)
                _bare(panel)
    for panel, name in zip(panels[0], names, strict=True):
        panel.set_title(_wrapped(name, _TITLE_WIDTH), fontsize=8)
    figure.suptitle("\n".join(heading), x=0.01, ha="left", fontsize=9)
    return figure


def _draw(panel: Axes, inputs: Inputs, note: str) -> None:
    (content,) = inputs
    image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    # Small images as their pixels are, large ones smoothed to the size of the cell.
    is_small = max(image.shape[:2]) < _CELL * _DPI
    panel.imshow(image, interpolation="nearest" if is_small else "antialiased")
    panel.set_xlabel(_wrapped(note, _TITLE_WIDTH), fontsize=7)
    _bare(panel)


def _bare(panel: Axes) -> None:
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)


def _wrapped(words: str, width: int) -> str:
    return figure_text.literal(textwrap.fill(figure_text.drawable(words), width))
