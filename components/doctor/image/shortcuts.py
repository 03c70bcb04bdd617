"""Whether something small gives the labels of images away."""

from __future__ import annotations

import base64
import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from components.doctor.finding import Figures, Finding
from components.doctor.image import cues
from components.doctor.image.cues import CELLS, Cues

NAME = "shortcuts"
ROWS = 2_000
"""Training rows that are looked at, at most."""
_PIXELS = 4e8  # of all of them together, so that large photos do not take minutes
_LEAST_ROWS = 300
_FOLDS = 3
_FEWEST = 10  # rows below which a class is left out
_LEAF = 3  # rows of a tree's leaf at least
# Shares of the way from chance to perfect. Of 100 pairs of classes of digits, of small and of
# larger photos, what files say reaches 0.33 and colours 0.65; places reach 0.99, but then what
# lies around them does as well.
_TOLD = 0.8
_TOLD_OF_CONTENT = 0.9
_AHEAD = 0.15
_AHEAD_OF_CONTENT = 0.05
_MANY = 100  # rows; the error of a share grows with the root of a hundred over the rows
_ERRORS_LEFT = 0.5  # share of the errors of what it is compared with
_TRIED = 4  # places that are compared with what lies around them
_AROUND = 2  # places from one to those it is compared with
_EXAMPLES = 3  # of each class
_SHOWN_CLASSES = 4
_SAID = 3
_CORNERS = {
    "top left corner": (0, 0),
    "top right corner": (0, -1),
    "bottom left corner": (-1, 0),
    "bottom right corner": (-1, -1),
}


@dataclasses.dataclass(frozen=True)
class _Score:
    """How well labels are told by some numbers, from chance (0) to perfect (1)."""

    overall: float
    """Of all classes, counted alike."""
    by_class: np.ndarray
    """The lower of recall and precision of each class, `(classes,)`."""
    counts: np.ndarray
    """Rows of each class, `(classes,)`."""

    @property
    def _all(self) -> list[float]:
        return [self.overall, *self.by_class]

    @property
    def _noise(self) -> np.ndarray:
        """How much larger than with many rows a difference must be: of all classes, of each."""
        rows = np.array([self.counts.sum(), *self.counts])
        return np.maximum(1, np.sqrt(_MANY / rows))

    def beats(self, other: _Score, least: float, ahead: float) -> bool:
        """Whether all classes, or one, are told well and far better than by `other`."""
        return any(
            mine >= least and mine - its >= ahead * noise and 1 - mine <= _ERRORS_LEFT * (1 - its)
            for mine, its, noise in zip(self._all, other._all, self._noise, strict=True)
        )

    def tells(self, least: float) -> bool:
        """Whether all classes, or one of them, are told."""
        return max(self._all) >= least


@dataclasses.dataclass(frozen=True)
class _Cue:
    """What was found to give labels away."""

    name: str
    """In the words of the report."""
    kind: str
    """Key of `_KINDS`."""
    score: _Score
    """How well it tells labels."""


@dataclasses.dataclass(frozen=True)
class _Kind:
    """What to say of cues of one kind."""

    meaning: str
    fix: str


_KINDS = {
    "file": _Kind(
        "Files differ by label in a way that has nothing to do with what is shown. The model sees "
        "traces of it in the pixels, and goes by them: metrics are high here and fall on images "
        "from elsewhere.",
        "Make all images of `data.source` the same way: one size or aspect, one format and "
        "quality, the same channels; or take each label from the same places as the others.",
    ),
    "place": _Kind(
        "A mark, a frame or a background goes with the label: the model learns it instead of what "
        "is shown, and its metrics fall on images without it.",
        "Cut or cover it in the images of `data.source`, or give it to all labels alike; "
        "`augmentation: [{kind: resized_crop}, {kind: erasing}]` hides it some of the time.",
    ),
    "content": _Kind(
        "If that is what the labels are about, all is well. If not, the model learns it instead "
        "of what is shown, and its metrics fall on images that were taken otherwise.",
        "If it is not meant, give images of all labels in `data.source` the same lighting, colours "
        "and sharpness, or vary them: `augmentation: [{kind: brightness}, {kind: contrast}, "
        "{kind: saturation}]`.",
    ),
}


Judge = functools.partial[_Score]
"""How well numbers of images, `(rows, ...)`, tell the classes `ids` from each other."""


def shortcuts(
    images: Sequence[bytes],
    labels: Sequence[str],
    places: Sequence[int],
    shapes: np.ndarray,
    model: Any,
    seed: int,
) -> Finding:
    """Predict labels from one cue at a time: of the file, of all pixels, of one small place.

    A cue of the file or of a place counts if a tree of a few numbers finds by it alone all
    classes, or one; a place only if what lies around it does not tell as much. A cue that content
    explains, like colours, counts only if it tells nearly all, and more than shapes do.

    Args:
        images: Encoded training images, no two the same.
        labels: One per image.
        places: Row of each image in the split, to name examples by.
        shapes: Numbers of what each image shows, `(images, dim)`.
        model: A scikit-learn classifier for `shapes`.
        seed: Of sample, folds and trees.

    Returns:
        `warn` if a cue counts; figures `scores` (by cue, from 0 for chance to 1), `cues` (names
        of those that count) and `pictures` (`label`, `row` and `png` in base64).

    Raises:
        OSError: If an image does not decode.
    """
    chosen = _sample(images, seed)
    counts = Counter(labels[place] for place in chosen)
    names = sorted(name for name, count in counts.items() if count >= _FEWEST)
    if len(names) < 2:
        evidence = f"Fewer than two classes with {_FEWEST} images: too few to compare."
        return Finding(NAME, "pass", evidence, figures={"scores": {}, "cues": [], "pictures": []})
    chosen = np.array([place for place in chosen if labels[place] in set(names)])
    ids = np.array([names.index(labels[place]) for place in chosen])
    measured = cues.read([images[place] for place in chosen])
    judge = functools.partial(_judge, ids=ids, seed=seed)
    content = functools.cache(lambda: _judge(shapes[chosen], ids, seed, model))
    scores = _scores(measured, judge)
    found = _found(measured, scores, judge, content)
    figures: Figures = {
        "scores": {name: round(score.overall, 3) for name, score in scores.items()},
        "cues": [cue.name for cue in found],
        "pictures": [],
    }
    if not found:
        best = max(scores, key=lambda name: scores[name].overall)
        evidence = (
            f"In {len(ids):,} images nothing small gives labels away; most is told by {best}, "
            f"{max(scores[best].overall, 0):.0%} of the way from chance to perfect."
        )
        return Finding(NAME, "pass", evidence, figures=figures)
    shown = _examples(chosen, ids, found[0], names)
    figures["pictures"] = [
        {
            "label": labels[place],
            "row": int(places[place]),
            "png": base64.b64encode(cues.example(images[place])).decode("ascii"),
        }
        for place in shown
    ]
    return _warning(found, names, content(), len(ids), figures)


def _sample(images: Sequence[bytes], seed: int) -> np.ndarray:
    """Places of images in a random order, as many as can be decoded in time."""
    order = np.random.default_rng(seed).permutation(len(images))
    pixels = np.mean([cues.pixels(images[place]) for place in order[:_LEAST_ROWS]])
    return order[: int(np.clip(_PIXELS / pixels, _LEAST_ROWS, ROWS))]


def _scores(cues: Cues, judge: Judge) -> dict[str, _Score]:
    corners = {name: cues.places[:, row, column] for name, (row, column) in _CORNERS.items()}
    parts = {**cues.file, **cues.whole, **cues.borders, **corners}
    return {name: judge(numbers) for name, numbers in parts.items()}


def _found(
    cues: Cues, scores: Mapping[str, _Score], judge: Judge, content: Callable[[], _Score]
) -> list[_Cue]:
    """All cues that count, the most telling kind first."""
    files, places = list(_of_files(cues, scores)), _of_places(cues, scores, judge, content)
    pixels = list(_of_all_pixels(cues, scores, content))
    # Where all pixels differ, those along all four sides do, too.
    is_frame = len({cue.name for cue in places} & set(cues.borders)) == len(cues.borders)
    return [*files, *pixels, *places] if is_frame else [*files, *places, *pixels]


def _of_files(cues: Cues, scores: Mapping[str, _Score]) -> Iterator[_Cue]:
    for name in cues.file:
        if scores[name].tells(_TOLD):
            yield _Cue(name, "file", scores[name])


def _of_places(
    cues: Cues, scores: Mapping[str, _Score], judge: Judge, content: Callable[[], _Score]
) -> list[_Cue]:
    """Corners, or else borders, or else other places that tell more than what is around them."""
    corners = _telling_corners(cues, scores, judge)
    borders = _telling_borders(cues, scores, judge, content)
    # A border tells at both its ends; a corner tells on two borders at one end each.
    ends = {
        border: [name for name in _CORNERS if border.removesuffix(" border") in name.split()]
        for border in borders
    }
    whole = [b for b in borders if all(scores[name].tells(_TOLD) for name in ends[b])]
    single = [name for name in corners if not any(name in ends[border] for border in whole)]
    names = single or borders
    if names:
        return [_Cue(name, "place", scores[name]) for name in names]
    return list(_of_other_places(cues, judge))


def _telling_corners(cues: Cues, scores: Mapping[str, _Score], judge: Judge) -> list[str]:
    return [
        name
        for name, place in _CORNERS.items()
        if scores[name].tells(_TOLD)
        and (
            scores[name].beats(judge(_around(cues.places, *place)), _TOLD, _AHEAD)
            or all(scores[name].beats(scores[o], _TOLD, _AHEAD) for o in _CORNERS if o != name)
        )
    ]


def _telling_borders(
    cues: Cues, scores: Mapping[str, _Score], judge: Judge, content: Callable[[], _Score]
) -> list[str]:
    told = [name for name in cues.borders if scores[name].tells(_TOLD)]
    found = [
        name
        for name in told
        if scores[name].beats(judge(cues.inner[name]), _TOLD, _AHEAD)
        and scores[name].beats(content(), _TOLD, _AHEAD_OF_CONTENT)
    ]
    ends = [*cues.borders, *_CORNERS]
    if found or not all(scores[name].tells(_TOLD) for name in ends):
        return found
    # A frame around content that strips tell, too, but single places do not.
    middle = [judge(cues.places[:, place, place]) for place in range(_AROUND, CELLS - _AROUND)]
    best = max(middle, key=lambda score: score.overall)
    return [name for name in told if scores[name].beats(best, _TOLD, _AHEAD)]


def _of_other_places(cues: Cues, judge: Judge) -> Iterator[_Cue]:
    """The places whose numbers differ most between classes, against those around them."""
    for row, column in _most_telling(cues.places, judge.keywords["ids"]):
        score = judge(cues.places[:, row, column])
        if score.tells(_TOLD) and score.beats(
            judge(_around(cues.places, row, column)), _TOLD, _AHEAD
        ):
            name = f"the place in row {row + 1}, column {column + 1} of {CELLS} x {CELLS}"
            yield _Cue(name, "place", score)


def _most_telling(places: np.ndarray, ids: np.ndarray) -> list[tuple[int, int]]:
    best = np.argsort(-_between(places, ids), kind="stable")[:_TRIED]
    return [divmod(int(place), CELLS) for place in best]


def _between(places: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Share of each place's variance that lies between all classes, or one and the others."""
    flat = places.reshape(len(ids), CELLS * CELLS, -1)
    variances = flat.var(axis=0) + 1e-6
    shares = np.zeros(CELLS * CELLS)
    total = np.zeros_like(variances)
    for number in range(ids.max() + 1):
        mine = ids == number
        gap = flat[mine].mean(axis=0) - flat[~mine].mean(axis=0)
        between = mine.mean() * (1 - mine.mean()) * gap**2 / variances
        shares = np.maximum(shares, between.max(axis=-1))
        total = total + mine.mean() * (flat[mine].mean(axis=0) - flat.mean(axis=0)) ** 2
    return np.maximum(shares, (total / variances).max(axis=-1))


def _around(places: np.ndarray, row: int, column: int) -> np.ndarray:
    """Numbers of the places two steps from one."""
    rows, columns = np.indices((CELLS, CELLS))
    steps = np.maximum(abs(rows - row % CELLS), abs(columns - column % CELLS))
    return places[:, steps == _AROUND]


def _of_all_pixels(
    cues: Cues, scores: Mapping[str, _Score], content: Callable[[], _Score]
) -> Iterator[_Cue]:
    for name in cues.whole:
        if scores[name].tells(_TOLD_OF_CONTENT) and scores[name].beats(
            content(), _TOLD_OF_CONTENT, _AHEAD_OF_CONTENT
        ):
            yield _Cue(name, "content", scores[name])


def _judge(numbers: np.ndarray, ids: np.ndarray, seed: int, model: Any = None) -> _Score:
    """Score of a model's answers to rows that it has not learned from; a tree if none is given."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        class_weight="balanced", min_samples_leaf=_LEAF, random_state=seed
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    inputs = numbers.reshape(len(ids), -1)
    answers = cross_val_predict(tree if model is None else model, inputs, ids, cv=folds)
    table = np.zeros((ids.max() + 1,) * 2)
    np.add.at(table, (ids, answers), 1)
    # As if classes had the same number of rows.
    table /= table.sum(axis=1, keepdims=True)
    recall = np.diag(table)
    precision = recall / np.maximum(table.sum(axis=0), 1e-9)
    chance = 1 / len(table)
    overall = float((recall.mean() - chance) / (1 - chance))
    return _Score(overall, np.minimum(recall, precision), np.bincount(ids))


def _examples(chosen: np.ndarray, ids: np.ndarray, cue: _Cue, names: Sequence[str]) -> list[int]:
    """Some images of the classes that are told best."""
    best = np.argsort(-cue.score.by_class, kind="stable")[:_SHOWN_CLASSES]
    return [int(place) for number in best for place in chosen[ids == number][:_EXAMPLES]]


def _warning(
    found: Sequence[_Cue], names: Sequence[str], content: _Score, rows: int, figures: Figures
) -> Finding:
    said = "; ".join(_said(cue, names) for cue in found[:_SAID])
    more = f"; and {len(found) - _SAID} more" if len(found) > _SAID else ""
    shown = ", ".join(f"{one['row']} ({one['label']})" for one in figures["pictures"][::_EXAMPLES])
    evidence = (
        f"Of {rows:,} images, {said}{more}, on a scale from 0 % for chance to 100 %; shapes alone "
        f"tell {max(content.overall, 0):.0%}. For example training rows {shown}."
    )
    kind = _KINDS[found[0].kind]
    return Finding(NAME, "warn", evidence, kind.meaning, kind.fix, figures)


def _said(cue: _Cue, names: Sequence[str]) -> str:
    """The cue, and how much it tells."""
    best = int(cue.score.by_class.argmax())
    if cue.score.overall >= _TOLD:
        return f"{cue.name} alone tells {cue.score.overall:.0%} of the labels"
    return f"{cue.name} alone tells {cue.score.by_class[best]:.0%} of {names[best]!r}"
