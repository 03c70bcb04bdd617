"""What a simple model reaches on the same split: the bar a deep one must clear.

Text: TF-IDF of words and word pairs with logistic regression; of characters where no text has a
word. Images: nearest class centroid of small thumbnails. Both beside always answering the most
frequent label.
"""

import dataclasses
import io
import json
import pathlib
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

REPORT = "baseline.json"
"""Name of the report inside the artifact."""
THUMBNAIL = 16
"""Side of the thumbnails in pixels."""
# One-character words count: Korean and Chinese have many.
_WORD = r"\b\w+\b"


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Accuracies on the evaluated split, 0 to 1."""

    majority: float
    """Always the most frequent label of the train split."""
    simple: float
    """The simple model's."""
    name: str
    """What the simple model is, in words."""


def measure(
    kind: str,
    train: tuple[Sequence[bytes], Sequence[str]],
    evaluated: tuple[Sequence[bytes], Sequence[str]],
) -> Baseline:
    """Train the simple model on one split and measure it on another.

    Args:
        kind: `text` or `image`: what the inputs are.
        train: Inputs (UTF-8 text or encoded images) and labels.
        evaluated: The same of the split to measure on.
    """
    name, predict = SIMPLE[kind]
    labels = np.array(evaluated[1])
    majority = Counter(train[1]).most_common(1)[0][0]
    simple = predict(train[0], train[1], evaluated[0]) if len(set(train[1])) > 1 else majority
    return Baseline(
        majority=float(np.mean(labels == majority)),
        simple=float(np.mean(labels == simple)),
        name=name,
    )


def write(baseline: Baseline, directory: pathlib.Path) -> None:
    """Write the report into an artifact's folder."""
    (directory / REPORT).write_text(json.dumps(dataclasses.asdict(baseline), indent=2))


def read(directory: pathlib.Path) -> Baseline:
    """Read the report back."""
    return Baseline(**json.loads((directory / REPORT).read_text()))


def _tfidf(texts: Sequence[bytes], labels: Sequence[str], queries: Sequence[bytes]) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectorizer = TfidfVectorizer(
        analyzer="word" if _have_words(texts) else "char",
        ngram_range=(1, 2),
        sublinear_tf=True,
        decode_error="replace",
        token_pattern=_WORD,
    )
    model = make_pipeline(vectorizer, LogisticRegression(C=10.0, max_iter=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Not fully converged is near enough for a baseline.
        return model.fit(texts, labels).predict(queries)


def _have_words(texts: Sequence[bytes]) -> bool:
    """Whether any text has a word; emoji and punctuation alone are none."""
    return any(re.search(_WORD, text.decode("utf-8", "replace")) for text in texts)


def _centroids(
    images: Sequence[bytes], labels: Sequence[str], queries: Sequence[bytes]
) -> np.ndarray:
    # Not scikit-learn's, which refuses images that are all of one color.
    names, ids = np.unique(labels, return_inverse=True)
    thumbnails = np.stack([_thumbnail(image) for image in images])
    centers = np.stack([thumbnails[ids == label].mean(axis=0) for label in range(len(names))])
    asked = [_thumbnail(image) for image in queries]
    return names[[np.argmin(np.linalg.norm(centers - one, axis=1)) for one in asked]]


def _thumbnail(data: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    return np.asarray(image, np.float32).ravel()


Predict = Callable[[Sequence[bytes], Sequence[str], Sequence[bytes]], np.ndarray]
SIMPLE: dict[str, tuple[str, Predict]] = {
    "text": ("TF-IDF + logistic regression", _tfidf),
    "image": ("nearest centroid of thumbnails", _centroids),
}
