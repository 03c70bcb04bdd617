"""What the checks of the data ask of texts and of images, each in its own way."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from components.doctor import near_duplicates, rows
from components.doctor.checks import constant, drift
from components.doctor.image import pictures
from components.doctor.image.pictures import Pictures
from components.doctor.rows import Row, Rows, Sample

ROWS = 2_000
"""Rows of each split that simple models read."""
_LONGEST = 4_000  # characters of a text that simple models read
# Scripts without spaces give a token a character, others one a word.
_TOKEN = "[\u2e80-\u9fff]|[^\\W\u2e80-\u9fff]+"
_CELLS, _ANGLES = 4, 8
_RIM = 6  # of 32 pixels of a grey picture
_FAINT = 0.25  # of 255: deviation of pixels below which edges are not made stronger
_TREES = 50
_ORDINALS = {1: "first", 2: "second", 3: "third"}


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of input. A view is what is kept of a split's inputs: texts, or small pictures."""

    read: Callable[[Iterable[Row], int, int], tuple[Rows, Sample]]
    """A split, the limit of its sample and a seed to all rows and the sample."""
    view: Callable[[Sequence[Any]], Any]
    """Inputs to a view."""
    take: Callable[[Any, np.ndarray], Any]
    """Some rows of a view, by their index."""
    are_empty: Callable[[Any], np.ndarray]
    """Which rows of a view say nothing, `(rows,)` bool."""
    group: Callable[[Sequence[Any]], np.ndarray]
    """Views of all splits to one number per row, equal where rows are nearly the same."""
    describe: Callable[[Any], Mapping[str, np.ndarray]]
    """A view to simple features by name, `(rows,)` each."""
    measure: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """Views by split to what simple models read, `(rows, dim)` dense or sparse."""
    model: Callable[[int], Any]
    """Seed to a classifier that counts classes alike."""
    regression: Callable[[int], Any]
    """Seed to a model of a number, or of several at once."""
    doubter: Callable[[int], Any]
    """Seed to a classifier with probabilities, by which labels are doubted."""
    learned: float
    """Share of the way from chance to perfect that it must have gone for that."""


def measure_texts(views: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """TF-IDF of words and pairs of words, of all splits alike; `(texts, dim)` sparse by split."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=_TOKEN, dtype=np.float32
    )
    texts = [text[:_LONGEST] for view in views.values() for text in view]
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn's way to say that there is not one word.
        return {name: np.zeros((len(view), 1), np.float32) for name, view in views.items()}
    ends = np.cumsum([len(view) for view in views.values()])
    return {
        name: matrix[end - len(view) : end]
        for (name, view), end in zip(views.items(), ends, strict=True)
    }


def _measure_images(views: Mapping[str, Pictures]) -> dict[str, np.ndarray]:
    return {name: _numbers(view) for name, view in views.items()}


def _numbers(view: Pictures) -> np.ndarray:
    """Colours, grey pixels at half size, and gradients: `(images, 576)` float32."""
    grey = view.grey.astype(np.float32) / 255
    half = grey.reshape(len(grey), 16, 2, 16, 2).mean((2, 4))
    color = view.color.reshape(len(grey), -1).astype(np.float32) / 255
    return np.concatenate([color, half.reshape(len(grey), -1), _gradients(grey)], axis=1)


def shapes(view: Pictures) -> np.ndarray:
    """Edges alone, which neither brightness nor contrast nor colours change: `(images, 128)`.

    Without what lies along the sides, where frames and marks are.
    """
    grey = view.grey[:, _RIM:-_RIM, _RIM:-_RIM].astype(np.float32)
    spread = grey.std(axis=(1, 2), keepdims=True)
    return _gradients(grey / np.maximum(spread, _FAINT))


def _gradients(grey: np.ndarray) -> np.ndarray:
    """Strength of edges by place and direction, `(images, 128)`.

    Source: Dalal and Triggs (2005), "Histograms of Oriented Gradients for Human Detection",
    section 6; without blocks.
    """
    down, right = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, right)
    angle = np.floor(np.mod(np.arctan2(down, right), np.pi) / np.pi * _ANGLES)
    side = grey.shape[1] // _CELLS
    found = [
        np.where(angle % _ANGLES == number, strength, 0)
        .reshape(len(grey), _CELLS, side, _CELLS, side)
        .mean((2, 4))
        for number in range(_ANGLES)
    ]
    return np.stack(found, axis=-1).reshape(len(grey), -1)


def _text_model(seed: int) -> Any:
    from sklearn.svm import LinearSVC

    # Ten times faster on sparse rows than logistic regression, and as good for words.
    return LinearSVC(class_weight="balanced", random_state=seed)


def _image_model(seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        _TREES, class_weight="balanced", min_samples_leaf=2, random_state=seed
    )


def _text_doubter(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    # Weakly regularized, since confident learning needs answers that are sure; by the solver that
    # is many times faster on sparse rows than the others. It need not come to its end.
    return OneVsRestClassifier(
        LogisticRegression(C=10, solver="liblinear", dual=True, tol=0.01, random_state=seed)
    )


def _image_doubter(seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed)


def _text_regression(seed: int) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(random_state=seed)


def _image_regression(seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(_TREES, min_samples_leaf=2, random_state=seed)


def _take(view: Sequence[Any], places: np.ndarray) -> list[Any]:
    return [view[place] for place in places]


def _group_pictures(views: Sequence[Pictures]) -> np.ndarray:
    return near_duplicates.group_images(np.concatenate([view.grey for view in views]))


def _group_texts(views: Sequence[Sequence[str]]) -> np.ndarray:
    return near_duplicates.group_texts([text for view in views for text in view])


def _each(measure: Callable[[Sequence[str]], Any], view: Sequence[tuple[str, ...]]) -> list[Any]:
    """What a function of texts says of the first texts, of the second ones, and so on."""
    return [measure(column) for column in zip(*view, strict=True)]


def _are_some_missing(view: Sequence[tuple[str, ...]]) -> np.ndarray:
    """A row lacks something if one of its texts does."""
    return np.any(_each(constant.are_missing, view), axis=0)


def _group_rows(views: Sequence[Sequence[tuple[str, ...]]]) -> np.ndarray:
    """Rows are nearly the same if all their texts are."""
    every = [row for view in views for row in view]
    return np.unique(_each(_group_any_texts, every), axis=1, return_inverse=True)[1].ravel()


def _group_any_texts(texts: Sequence[str]) -> np.ndarray:
    """As `near_duplicates.group_texts`, of texts some of which may be the same."""
    normal, which = np.unique([rows.normalize(text) for text in texts], return_inverse=True)
    return near_duplicates.group_texts(normal.tolist())[which.ravel()]


def _describe_rows(view: Sequence[tuple[str, ...]]) -> dict[str, np.ndarray]:
    return {
        f"{name} of the {_ORDINALS.get(number, f'{number}th')} text": values
        for number, features in enumerate(_each(drift.text_features, view), 1)
        for name, values in features.items()
    }


def _measure_rows(views: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, Any]:
    """The words of each text, and what the first has in common with each of the others."""
    count = len(next(row for view in views.values() for row in view))
    texts = {
        split: [row[place] for place in range(count) for row in view]
        for split, view in views.items()
    }
    return {
        split: _compared(sparse.csr_matrix(read), count)
        for split, read in measure_texts(texts).items()
    }


def _compared(read: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """Rows of all first texts, then of all second ones and so on, to those of rows of texts."""
    size = read.shape[0] // count
    first, *others = (read[place * size : (place + 1) * size] for place in range(count))
    compared = []
    for other in others:
        shared = first.multiply(other)
        # Rows have length 1, so that the products add up to the cosine.
        compared += [shared, sparse.csr_matrix(shared.sum(axis=1), dtype=np.float32)]
    return sparse.hstack([first, *others, *compared]).tocsr()


KINDS = {
    "text": Kind(
        read=rows.texts,
        view=list,
        take=_take,
        are_empty=constant.are_missing,
        group=_group_texts,
        describe=drift.text_features,
        measure=measure_texts,
        model=_text_model,
        regression=_text_regression,
        doubter=_text_doubter,
        learned=0.25,
    ),
    "image": Kind(
        read=rows.images,
        view=pictures.look,
        take=pictures.take,
        are_empty=lambda view: view.spreads < constant.FLAT,
        group=_group_pictures,
        describe=drift.image_features,
        measure=_measure_images,
        model=_image_model,
        regression=_image_regression,
        doubter=_image_doubter,
        learned=0.6,  # Of photographs, trees are sure for wrong reasons.
    ),
    "texts": Kind(
        read=rows.several,
        view=list,
        take=_take,
        are_empty=_are_some_missing,
        group=_group_rows,
        describe=_describe_rows,
        measure=_measure_rows,
        model=_text_model,
        regression=_text_regression,
        doubter=_text_doubter,
        learned=0.75,  # Of how two texts go together, words are sure for wrong reasons.
    ),
}
"""`text`, `image`, or `texts` for several of them."""
