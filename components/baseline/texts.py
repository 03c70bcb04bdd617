"""Linear models of TF-IDF."""

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

# One-character words count: Korean and Chinese have many.
_WORD = r"\b\w+\b"

Rows = Sequence[tuple[bytes, ...]]


def logistic(rows: Rows, labels: Sequence[str], queries: Rows) -> list[dict[str, Any]]:
    """Logistic regression; see `baseline.measure`."""
    train, asked = _features(rows, queries)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Not fully converged is near enough for a baseline.
        predicted = _classifier().fit(train, labels).predict(asked)
    return [{"label": label} for label in predicted]


def logistic_sets(
    rows: Rows, labels: Sequence[tuple[str, ...]], queries: Rows
) -> list[dict[str, Any]]:
    """A logistic regression for each label."""
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer

    binarizer = MultiLabelBinarizer()
    train, asked = _features(rows, queries)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = OneVsRestClassifier(_classifier()).fit(train, binarizer.fit_transform(labels))
    names = list(binarizer.classes_)
    return [{"labels": names, "is_chosen": row.astype(bool)} for row in model.predict(asked)]


def ridge(rows: Rows, values: Sequence[float], queries: Rows) -> list[dict[str, Any]]:
    """Ridge regression."""
    from sklearn.linear_model import Ridge

    train, asked = _features(rows, queries)
    return [{"value": float(v)} for v in Ridge(alpha=1.0).fit(train, values).predict(asked)]


def vectors(rows: Sequence[bytes], queries: Sequence[bytes]) -> Any:
    """TF-IDF of some texts, learned from others: a sparse matrix of rows of length 1."""
    return _vectorizer(rows).fit(rows).transform(queries)


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10.0, max_iter=1000)


def _features(rows: Rows, queries: Rows) -> tuple[Any, Any]:
    """TF-IDF of one text, or what the first has in common with the others."""
    vectorizer = _vectorizer(text for row in rows for text in row)
    vectorizer.fit([text for row in rows for text in row])
    return _vectors(vectorizer, rows), _vectors(vectorizer, queries)


def _vectors(vectorizer: Any, rows: Rows) -> Any:
    parts = [vectorizer.transform(list(texts)) for texts in zip(*rows, strict=True)]
    if len(parts) == 1:
        return parts[0]
    first, *others = parts
    common = [column for other in others for column in _in_common(first, other)]
    if len(others) > 1:
        return sparse.csr_matrix(np.hstack(common))
    (second,) = others
    return sparse.hstack([abs(first - second), first.multiply(second), *common]).tocsr()


def _in_common(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of texts, and the share of their words that both have, each `(n, 1)`."""
    # Rows have length 1, so the products add up to the cosine.
    cosine = np.asarray(first.multiply(second).sum(axis=1))
    overlap = np.asarray(first.minimum(second).sum(axis=1))
    union = np.asarray(first.maximum(second).sum(axis=1))
    return cosine, overlap / np.maximum(union, 1e-12)  # Texts without a known word share nothing.


def _vectorizer(texts: Iterable[bytes]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="word" if _have_words(texts) else "char",
        ngram_range=(1, 2),
        sublinear_tf=True,
        decode_error="replace",
        token_pattern=_WORD,
    )


def _have_words(texts: Iterable[bytes]) -> bool:
    """Whether any text has a word; emoji and punctuation alone are none."""
    return any(re.search(_WORD, text.decode("utf-8", "replace")) for text in texts)
