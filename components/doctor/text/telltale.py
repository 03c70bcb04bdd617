"""What single features of texts say of labels."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from components.doctor.text import clues

Assign = Callable[[Sequence[str]], np.ndarray]
"""Texts to whether a feature assigns them to a label, `(texts,)` bool."""
_ERRORS = 2.0  # standard errors that are taken off a gain
_LITTLE = 0.1  # gain below which a mark is not looked at
_FOLDS = 3
_COMPARED = 200  # texts in which a start or end is looked for elsewhere
_FEWEST = 3  # rows with a start or end that is worth a look


@dataclasses.dataclass(frozen=True)
class Clue:
    """A feature that tells one label from the others."""

    name: str
    kind: str
    """`clues.WORD`, `clues.FORM` or `clues.GUESS`."""
    label: str
    inside: float
    """Share of the label's rows that the feature assigns to it, or that lack it."""
    outside: float
    """The same of the other rows."""
    error: float
    """Standard error of the gain."""
    has: np.ndarray
    """Which rows it assigns to the label, `(rows,)` bool."""
    assign: Assign
    """The same for other texts."""

    @property
    def gain(self) -> float:
        """Share of the label's rows minus that of others: 0 for chance, 1 for certainty."""
        return self.inside - self.outside

    @property
    def least(self) -> float:
        """The gain at the lower end of its interval."""
        return self.gain - _ERRORS * self.error

    def gain_in(self, texts: Sequence[str], labels: Sequence[str]) -> float:
        """The gain in other texts."""
        is_it = np.array(labels) == self.label
        has = self.assign(texts)
        return float(has[is_it].mean() - has[~is_it].mean())


def of_texts(
    texts: Sequence[str], labels: Sequence[str], names: Sequence[str], seed: int
) -> Iterator[Clue]:
    """What each feature says of each label.

    Args:
        texts: Of the training split.
        labels: One per text.
        names: Labels to look at.
        seed: Of the folds.
    """
    given = np.array(labels)
    yield from _of_marks(texts, given, names)
    yield from _of_measures(texts, given, names, seed)
    yield from _of_choices(texts, given, names, seed)


def share_and_error(has: np.ndarray) -> tuple[float, float]:
    """A share of rows and its variance, with one more of each (Agresti and Caffo 2000)."""
    share = (has.sum() + 1) / (len(has) + 2)
    return float(has.mean()), share * (1 - share) / (len(has) + 2)


def _clue(
    feature: tuple[str, str], label: str, has: np.ndarray, labels: np.ndarray, assign: Assign
) -> Clue:
    is_it = labels == label
    (inside, first), (outside, second) = share_and_error(has[is_it]), share_and_error(has[~is_it])
    kind, name = feature
    return Clue(name, kind, label, inside, outside, float(np.sqrt(first + second)), has, assign)


def _of_marks(texts: Sequence[str], labels: np.ndarray, names: Sequence[str]) -> Iterator[Clue]:
    """What texts have, and what they lack."""
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        for mark in clues.marks(text):
            rows_of[mark].append(row)
    sizes = np.array([np.sum(labels == name) for name in names])
    codes = np.array([{name: n for n, name in enumerate(names)}.get(x, len(names)) for x in labels])
    for mark, rows in rows_of.items():
        inside = np.bincount(codes[rows], minlength=len(names))[: len(names)]
        gains = inside / sizes - (len(rows) - inside) / (len(texts) - sizes)
        has = np.zeros(len(texts), bool)
        has[rows] = True
        lack = mark[0], f"the lack of {mark[1]}"
        for number in np.flatnonzero(gains >= _LITTLE).tolist():
            yield _clue(mark, names[number], has, labels, _having(mark, True))
        for number in np.flatnonzero(-gains >= _LITTLE).tolist():
            yield _clue(lack, names[number], ~has, labels, _having(mark, False))


def _having(mark: tuple[str, str], wanted: bool) -> Assign:
    return lambda texts: np.array([(mark in clues.marks(text)) == wanted for text in texts], bool)


def _of_measures(
    texts: Sequence[str], labels: np.ndarray, names: Sequence[str], seed: int
) -> Iterator[Clue]:
    """Labels that a small tree reads off each number, by cross-validation."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    known = np.flatnonzero(np.isin(labels, names))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for name, numbers in clues.measures([texts[row] for row in known.tolist()]).items():
        if np.ptp(numbers) == 0:
            continue
        tree = DecisionTreeClassifier(
            max_leaf_nodes=2 * len(names) + 2,
            min_samples_leaf=5,
            class_weight="balanced",
            random_state=seed,
        )
        guesses = cross_val_predict(tree, numbers[:, None], labels[known], cv=folds)
        tree.fit(numbers[:, None], labels[known])
        has = np.full(len(texts), "", object)
        has[known] = guesses
        for label in names:
            assign = _measuring(name, tree, label)
            yield _clue((clues.GUESS, name), label, has == label, labels, assign)


def _measuring(name: str, tree: Any, label: str) -> Assign:
    def assign(texts: Sequence[str]) -> np.ndarray:
        numbers = clues.measures(texts).get(name, np.zeros(len(texts)))
        return tree.predict(numbers[:, None]) == label

    return assign


def _of_choices(
    texts: Sequence[str], labels: np.ndarray, names: Sequence[str], seed: int
) -> Iterator[Clue]:
    """The label that each start or end has most often in other rows."""
    fold = np.random.default_rng(seed).integers(_FOLDS, size=len(texts))
    chosen = [clues.choices(text) for text in texts]
    for name in chosen[0]:
        values = _without_content([found[name] for found in chosen], texts)
        guesses = np.full(len(texts), "", object)
        for number in range(_FOLDS):
            known = _majorities(values, labels, np.flatnonzero(fold != number))
            for row in np.flatnonzero(fold == number):
                guesses[row] = known.get(values[row], "")
        known = _majorities(values, labels, np.arange(len(texts)))
        for label in names:
            assign = _choosing(name, known, label)
            yield _clue((clues.GUESS, name), label, guesses == label, labels, assign)


def _without_content(values: Sequence[str], texts: Sequence[str]) -> list[str]:
    """What stands at one place of the texts, empty where it stands elsewhere as often."""
    some = [text.casefold() for text in texts[:: -(-len(texts) // _COMPARED)]]
    content = {""}
    for value, count in Counter(values).items():
        folded = value.casefold()
        elsewhere = sum(folded in text[1 + len(folded) : -1 - len(folded)] for text in some)
        if count < _FEWEST or elsewhere / len(some) > count / len(values):
            content.add(value)
    return ["" if value in content else value for value in values]


def _majorities(values: Sequence[str], labels: np.ndarray, rows: np.ndarray) -> dict[str, str]:
    counts = Counter((values[row], str(labels[row])) for row in rows if values[row])
    return {value: label for (value, label), _ in reversed(counts.most_common())}


def _choosing(name: str, known: dict[str, str], label: str) -> Assign:
    return lambda texts: np.array([known.get(clues.choices(t)[name]) == label for t in texts], bool)
