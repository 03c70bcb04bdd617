"""Rows as a page shows them: texts shortened, images as small pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageOps

from models.tasks.task import Column
from pipeline.error_analysis.examined import Values

_LONGEST = 600
"""Characters of a text."""
_SIDE = 96
"""Pixels of the longer side of an image."""


def shown(row: Values, columns: Sequence[Column]) -> list[dict[str, str]]:
    """The inputs of a row, for a page.

    Args:
        row: Values by column.
        columns: The task's inputs.

    Returns:
        By column `name` and `text`, or `name` and `image`, a data URL.
    """
    return [_cell(column, row[column.name][0]) for column in columns]


def _cell(column: Column, value: bytes) -> dict[str, str]:
    if column.holds == "image":
        return {"name": column.name, "image": thumbnail(value)}
    text = value.decode("utf-8", "replace")
    return {
        "name": column.name,
        "text": text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…",
    }


def thumbnail(data: bytes) -> str:
    """An image as a data URL of a few kilobytes; small ones keep every pixel."""
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    flat = Image.new("RGBA", image.size, "white")
    flat.alpha_composite(image)
    picture = flat.convert("RGB")
    picture.thumbnail((_SIDE, _SIDE))
    written = io.BytesIO()
    is_small = max(picture.size) <= _SIDE // 3
    picture.save(written, "PNG" if is_small else "JPEG", quality=80)
    kind = "png" if is_small else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(written.getvalue()).decode()}"


def worded(target: Any, text: str = "") -> str:
    """A label, labels, a number or spans as a page shows them.

    Args:
        target: What is given or answered; None where nothing is given.
        text: That spans are of.
    """
    if target is None:
        return ""
    if isinstance(target, float):
        return f"{target:g}"
    if isinstance(target, str):
        return target
    if target and not isinstance(target[0], str):
        target = [f"{text[begin:end]} ({kind})" for begin, end, kind in target]
    return ", ".join(target) or "none"
