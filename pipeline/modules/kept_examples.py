"""Real requests that an export brings for people to try, small whatever the data is."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageOps

MOST = 5
"""Requests that are kept."""
LARGEST = 64 * 1024
"""Bytes of a request; a hundred times a paragraph, and more than a picture on a page needs."""
_SIDE = 320
"""Of pictures that are made smaller, in pixels."""


def choose(inputs: Mapping[str, np.ndarray], images: frozenset[str]) -> dict[str, np.ndarray]:
    """The first requests that are not too large; the smallest one if all are.

    Args:
        inputs: By name, `(rows,)` object arrays of bytes; at least one row.
        images: Names of those that are images. Large ones are made smaller.

    Returns:
        Up to `MOST` rows of the inputs.
    """
    small = {
        name: [_small(data) if name in images else data for data in rows]
        for name, rows in inputs.items()
    }
    sizes = [sum(map(len, row)) for row in zip(*small.values(), strict=True)]
    fitting = [place for place, size in enumerate(sizes) if size <= LARGEST][:MOST]
    places = fitting or [sizes.index(min(sizes))]
    return {name: np.array([rows[p] for p in places], object) for name, rows in small.items()}


def _small(data: bytes) -> bytes:
    """The file itself, or one that looks the same on a page: upright, as JPEG or PNG."""
    if len(data) <= LARGEST:
        return data
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        # Turned first, because the orientation is not written again.
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((_SIDE, _SIDE))
        if upright.has_transparency_data:
            upright.convert("RGBA").save(buffer, "PNG")
        else:
            upright.convert("RGB").save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
