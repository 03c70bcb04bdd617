"""How long texts are, how large images, in words."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from models.tasks.task import Column
from pipeline.error_analysis.examined import Values


def spread(rows: Sequence[Values], columns: Sequence[Column]) -> list[str]:
    """A sentence for each input column.

    Args:
        rows: Of the train split.
        columns: The task's inputs.
    """
    return [_sentence(column, [row[column.name][0] for row in rows]) for column in columns if rows]


def _sentence(column: Column, values: Sequence[bytes]) -> str:
    if column.holds == "image":
        sizes = np.array(list(_sizes(values)))
        (width, height), (least_w, least_h), (most_w, most_h) = (
            np.median(sizes, axis=0).astype(int),
            sizes.min(axis=0),
            sizes.max(axis=0),
        )
        if (least_w, least_h) == (most_w, most_h):
            return f"{column.name}: {width} x {height} pixels"
        return (
            f"{column.name}: {least_w} x {least_h} to {most_w} x {most_h} pixels, in the middle "
            f"{width} x {height}"
        )
    lengths = np.array([len(value.decode("utf-8", "replace")) for value in values])
    middle, long = np.percentile(lengths, [50, 95])
    return (
        f"{column.name}: {lengths.min():,} to {lengths.max():,} characters, half of them up to "
        f"{middle:,.0f}, 95 % up to {long:,.0f}"
    )


def _sizes(values: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    for value in values:
        with Image.open(io.BytesIO(value)) as image:
            yield image.size
