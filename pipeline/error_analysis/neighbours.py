"""Training rows that look most like a row."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer

_SIDE = 16


def of_texts(asked: Sequence[str], train: Sequence[str], count: int) -> list[list[int]]:
    """Places of the train texts that share most with each text, by the cosine of TF-IDF.

    Args:
        asked: Texts to find neighbours of.
        train: Where to find them.
        count: How many.
    """
    try:
        vectorizer = TfidfVectorizer(sublinear_tf=True)
        known = vectorizer.fit_transform(train)
    except ValueError:  # No text has a word; characters say what there is.
        vectorizer = TfidfVectorizer(sublinear_tf=True, analyzer="char")
        known = vectorizer.fit_transform(train)
    likeness = (vectorizer.transform(asked) @ known.T).toarray()
    return _best(likeness, count)


def of_images(asked: Sequence[bytes], train: Sequence[bytes], count: int) -> list[list[int]]:
    """Places of the train images whose thumbnails are nearest to each image's.

    Args:
        asked: Images to find neighbours of.
        train: Where to find them.
        count: How many.
    """
    known = np.stack([_thumbnail(data) for data in train])
    given = np.stack([_thumbnail(data) for data in asked])
    # The squared distance, without the part that is the same for all of a row.
    return _best(2 * given @ known.T - (known**2).sum(1), count)


def _best(likeness: np.ndarray, count: int) -> list[list[int]]:
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
    return [[int(place) for place in row] for row in order]


def _thumbnail(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGB").resize((_SIDE, _SIDE))
    return np.asarray(small, np.float32).ravel() / 255
