"""How much of what tells labels apart lies within a model's limit."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from components.doctor.text.lengths import Reader

_FOLDS = 3
_FEWEST = 20  # rows of a label, or texts that are cut, below which nothing is said
_SURE = 3.0  # standard errors of the difference
_LOST = 0.3  # share of what whole texts tell that may lie behind the limit
_BLIND = 0.15  # share of it below which the model sees nothing
_ENOUGH = 0.4  # share of the way from chance to perfect that whole texts must tell for that


@dataclasses.dataclass(frozen=True)
class Reach:
    """What a simple model finds of each label, mean over labels, 0 to 1."""

    whole: float
    """In whole texts."""
    read: float
    """In what the model reads of them."""
    chance: float
    """By guessing."""
    error: float
    """Standard error of their difference."""

    @property
    def is_lost(self) -> bool:
        """Whether much of what tells labels apart is not read."""
        lost = self.whole - self.read
        return lost > _SURE * self.error and lost > _LOST * (self.whole - self.chance)

    @property
    def is_blind(self) -> bool:
        """Whether next to nothing of it is read."""
        gain = self.whole - self.chance
        enough = gain >= _ENOUGH * (1 - self.chance)
        return self.is_lost and enough and self.read - self.chance < _BLIND * gain

    def __str__(self) -> str:
        """In words."""
        return (
            f"Of whole texts a simple model finds {self.whole:.1%} of each label, of what is read "
            f"{self.read:.1%} (chance is {self.chance:.1%})."
        )


def reach(
    model: Any,
    texts: Sequence[str],
    labels: Sequence[str],
    reader: Reader,
    *,
    is_middle: bool,
    seed: int,
) -> Reach | None:
    """Compare a simple model of whole texts with one of what is read.

    Args:
        model: A scikit-learn classifier of sparse rows that counts classes alike.
        texts: Of the training split, no two the same.
        labels: One per text.
        reader: How the model reads texts.
        is_middle: Whether their middle is cut, and not their end.
        seed: Of the folds.

    Returns:
        None if nearly no text is cut, or there are too few rows to tell.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    names = [label for label, rows in Counter(labels).items() if rows >= _FEWEST]
    if len(names) < 2:
        return None
    rows = np.flatnonzero(np.isin(labels, names))
    tokens = [
        list(map(str, found)) for found in reader.tokenize([texts[row] for row in rows.tolist()])
    ]
    if sum(len(found) > reader.limit for found in tokens) < _FEWEST:
        return None
    given = np.array(labels)[rows]
    parts = [tokens, [_read(found, reader.limit, is_middle) for found in tokens]]
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, dtype=np.float32).fit(tokens)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    right = [
        cross_val_predict(model, vectorizer.transform(part), given, cv=folds) == given
        for part in parts
    ]
    # Each label counts alike, whatever its rows.
    weights = np.zeros(len(given))
    for name in names:
        weights[given == name] = 1 / (len(names) * np.sum(given == name))
    whole, read = (float(np.sum(weights * flags)) for flags in right)
    differs = right[0] != right[1]
    error = float(np.sqrt(np.sum((weights * differs) ** 2)))
    return Reach(whole, read, 1 / len(names), error)


def _read(tokens: list[str], limit: int, is_middle: bool) -> list[str]:
    """What is left of a text; of a cut middle, a quarter of it stands before."""
    if not is_middle:
        return tokens[:limit]
    first = limit // 4
    last = max(first, len(tokens) - (limit - first))
    return tokens[:first] + tokens[last:]
