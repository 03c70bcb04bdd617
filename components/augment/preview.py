"""A sheet of rows beside what each operation makes of them, for a person to judge."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence

from components.augment import preview_images, preview_text
from components.augment.contract import ORIGINAL, Augmenter, Copy
from components.augment.sheet import Sample, Sheet, TrainRow

_Draw = Callable[[Sheet, pathlib.Path], None]
DRAW: dict[str, tuple[str, _Draw]] = {
    "text": ("preview.html", preview_text.write),
    "image": ("preview.png", preview_images.write),
}
"""Name of the file in an artifact, and what writes it, by what a row holds."""
ROWS = 8
"""Rows of a sheet, unless told."""


def sheet(
    title: str, rows: Sequence[TrainRow], augmenter: Augmenter, seed: int, warnings: Sequence[str]
) -> Sheet:
    """Apply every operation to every row; one that gives nothing new for any is warned of.

    Args:
        title: What the rows are of.
        rows: What to show.
        augmenter: Has the operations.
        seed: Of their draws.
        warnings: Doubts about the operations, shown above the rows.
    """
    inputs, labels = [row.input for row in rows], [row.label for row in rows]
    originals = list(inputs)
    made: list[list[Copy]] = [[] for _ in rows]
    for copy in augmenter.show(inputs, labels, seed):
        if copy.operation == ORIGINAL:
            originals[copy.row] = copy.content
        else:
            made[copy.row].append(copy)
    samples = tuple(
        Sample(label, original, tuple(copies))
        for label, original, copies in zip(labels, originals, made, strict=True)
    )
    working = {copy.operation for copies in made for copy in copies}
    idle = [
        f"{name} made nothing new of any row shown"
        for name in augmenter.shown
        if name not in working
    ]
    return Sheet(title, tuple(augmenter.shown), samples, (*warnings, *(idle if rows else ())))
