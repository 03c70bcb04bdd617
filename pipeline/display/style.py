"""How figures look: colours, lines around and behind the data, title and file."""

from __future__ import annotations

import pathlib
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""Told apart by people who confuse red and green, too.

Source: Okabe and Ito (2008), "Color Universal Design", https://jfly.uni-koeln.de/color/; yellow,
which is pale on white, left out.
"""
BLUE, RED = COLORS[0], COLORS[5]
BLACK, DARK, GREY = "#000000", "#666666", "#888888"
"""Of what is no data of its own: limits, remarks, what the rest is compared with."""
_GRID = "#dddddd"
_DPI = 150


def frame(axes: Axes, grid: Literal["both", "x", "y"] = "both") -> None:
    """Draw no box around the data, and a pale grid behind it.

    Args:
        axes: What the data is drawn in.
        grid: Axes whose ticks have lines.
    """
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color=_GRID, linewidth=0.6)


def save(figure: Figure, title: str, path: pathlib.Path) -> None:
    """Put a title above a figure and write it.

    Args:
        figure: With everything else.
        title: In one line.
        path: PNG.
    """
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path, dpi=_DPI)
