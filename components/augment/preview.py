"""A sheet of rows beside what each operation makes of them, for a person to judge."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence

from components.augment import preview_images, preview_text
from components.augment.contract import ORIGINAL, Augmenter, Copy, words
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
    title: str,
    columns: Sequence[str],
    rows: Sequence[TrainRow],
    augmenter: Augmenter,
    seed: int,
    warnings: Sequence[str],
) -> Sheet:
    """Apply every operation to every row; one that gives nothing new for any is warned of.

    Args:
        title: What the rows are of.
        columns: Names of the input columns.
        rows: What to show.
        augmenter: Has the operations.
        seed: Of their draws.
        warnings: Doubts about the operations, shown above the rows.
    """
    inputs, targets = [row.inputs for row in rows], [row.target for row in rows]
    originals = list(inputs)
    made: list[list[Copy]] = [[] for _ in rows]
    for copy in augmenter.show(inputs, targets, seed):
        if copy.operation == ORIGINAL:
            originals[copy.row] = copy.inputs
        else:
            made[copy.row].append(copy)
    samples = tuple(
        Sample(words(target), original, tuple(copies))
        for target, original, copies in zip(targets, originals, made, strict=True)
    )
    working = {copy.operation for copies in made for copy in copies}
    idle = [
        f"{name} made nothing new of any row shown"
        for name in augmenter.shown
        if name not in working
    ]
    doubts = (*warnings, *(idle if rows else ()))
    return Sheet(title, tuple(columns), tuple(augmenter.shown), samples, doubts)
