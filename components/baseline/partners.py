"""Which texts belong together, by their words; which images, by their pixels.

Answers are vectors whose products are the cosines of what is compared, as many numbers as there are
rows: the vectors themselves, of as many numbers as there are words, would fill the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.baseline import images, texts

Rows = Sequence[tuple[bytes, ...]]


def tf_idf(rows: Rows, targets: Sequence[Any], queries: Rows) -> list[dict[str, Any]]:
    """Both texts of each row, or both halves of its text, by the cosine of their TF-IDF."""
    del targets
    asked = [views(row) for row in queries]
    learned = [text for row in rows for text in row]
    first, second = (texts.vectors(learned, side) for side in zip(*asked, strict=True))
    return answers((first @ second.T).toarray(), asked)


def pixels(rows: Rows, targets: Sequence[Any], queries: Rows) -> list[dict[str, Any]]:
    """Two parts of each image, by the cosine of their pixels."""
    del rows, targets
    first, second = images.crops(queries)
    return answers(first @ second.T, [(image, image) for (image,) in queries])


def same(rows: Rows, targets: Sequence[Any], queries: Rows) -> list[dict[str, Any]]:
    """The same vector for all."""
    del rows, targets
    asked = [views(row) for row in queries]
    return answers(np.ones((len(asked), len(asked))), asked)


def views(row: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """What belongs together in a row: its two texts, or the halves of the words of its only one."""
    if len(row) == 2:
        first, second = row
        return first, second
    words = row[0].split()
    middle = (len(words) + 1) // 2
    return b" ".join(words[:middle]), b" ".join(words[middle:])


def answers(cosines: np.ndarray, views: Sequence[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """Answers of given cosines.

    Args:
        cosines: Of each first view with each second, `(rows, rows)`.
        views: Cells, which tell what is the same.
    """
    names: dict[bytes, int] = {}
    numbers = [[names.setdefault(cell, len(names)) for cell in row] for row in views]
    units = np.eye(len(views), dtype=np.float32)
    return [
        {
            "first_embedding": cosines[place].astype(np.float32),
            "second_embedding": units[place],
            "first_key": first,
            "second_key": second,
        }
        for place, (first, second) in enumerate(numbers)
    ]
