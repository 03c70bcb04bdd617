"""Draw which words of a text each word of another one was written by."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes

from components import figure_text
from pipeline.display import style

TITLE = "words read, and words written by them"
_WORD = "▁"
"""Begins a piece that begins a word."""
_INCHES = 0.32
"""Of a word."""
_MOST = 60
"""Words of a side; what is behind them is told, not drawn."""
_LONGEST = 18
"""Characters of a word."""


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Words of both texts."""

    written: list[str]
    """From top to bottom."""
    read: list[str]
    """From left to right."""
    weights: np.ndarray
    """`(written, read)`; each row sums to 1."""


def of_words(answer: Mapping[str, Any]) -> Alignment | None:
    """Pieces joined to words: what looks at any piece of a word looks at the word.

    Args:
        answer: Of one text: `pieces` that were written, `pieces_read`, and `attention`, a row of
            weights for each piece that was written; without what ragged answers are filled up with.

    Returns:
        None of a model that looks at nothing.
    """
    weights = np.asarray(answer["attention"], float)[:, : len(answer["pieces_read"])]
    if not weights.any():
        return None
    read, by_read = _words(answer["pieces_read"])
    written, by_written = _words(answer["pieces"])
    sums = np.add.reduceat(weights, by_read, axis=1)
    sizes = np.diff([*by_written, len(weights)])
    return Alignment(written, read, np.add.reduceat(sums, by_written, axis=0) / sizes[:, None])


def draw(alignments: Sequence[Alignment], title: str, path: pathlib.Path) -> None:
    """Write a PNG with a panel for each text.

    Args:
        alignments: At least one.
        title: In one line.
        path: File to write.
    """
    widths = [min(len(one.read), _MOST) for one in alignments]
    heights = [min(len(one.written), _MOST) for one in alignments]
    with figure_text.fonts():
        drawing = figure.Figure(
            figsize=(2.2 + _INCHES * max(widths), sum(1.5 + _INCHES * size for size in heights)),
            layout="compressed",
        )
        panels = drawing.subplots(len(alignments), 1, squeeze=False, height_ratios=heights)
        for one, axes in zip(alignments, panels.flat, strict=True):
            _draw(one, axes)
        style.save(drawing, title, path)


def _draw(alignment: Alignment, axes: Axes) -> None:
    shown = alignment.weights[:_MOST, :_MOST]
    axes.imshow(shown, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    axes.xaxis.tick_top()
    axes.set_xticks(range(shown.shape[1]), _labels(alignment.read), rotation=60, ha="left")
    axes.set_yticks(range(shown.shape[0]), _labels(alignment.written))
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
    left_out = max(len(alignment.read), len(alignment.written)) - _MOST
    if left_out > 0:
        axes.set_xlabel(f"the first {_MOST} words of each text", fontsize=8)


def _labels(words: Sequence[str]) -> list[str]:
    cut = [word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…" for word in words]
    return [figure_text.literal(figure_text.drawable(word)) for word in cut[:_MOST]]


def _words(pieces: Sequence[Any]) -> tuple[list[str], list[int]]:
    """Words, and the place of the first piece of each; the end of a text is one of its own."""
    words: list[str] = []
    begins: list[int] = []
    for place, given in enumerate(pieces):
        piece = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
        if not words or piece.startswith(_WORD) or place == len(pieces) - 1:
            words.append("")
            begins.append(place)
        words[-1] += piece.removeprefix(_WORD)
    return words, begins
