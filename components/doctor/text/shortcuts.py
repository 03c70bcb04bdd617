"""Whether something other than content gives labels away."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.doctor.finding import Finding
from components.doctor.text import clues, telltale
from components.doctor.text.telltale import Clue

NAME = "shortcuts"
_ROWS = 1_000  # of each split that are read
_FEWEST = 20  # rows of a label below which nothing is said of it
_FORM = 0.55
"""Gain from which form alone says too much: of news, reviews, documentation and captions in English
and Korean no sign, length or ending gains more than 0.5."""
_GUESS, _WORD = 0.65, 0.7  # the same for what is guessed, and for a word, which may be content
_PURE, _PURE_GAIN = 0.98, 0.25  # certainty and gain from which a part of a label's rows is marked
_ALONE, _ALONE_GAIN = 0.5, 0.5  # share of its gain that the next word has; gain of that word
_OF_CONTENT, _OF_CONTENT_GAIN = 0.85, 0.3  # share of all that content gains; gain of that feature
_HOLDS = 0.5  # share of its gain that a feature keeps in another split
_SURE_FAIL = 0.9  # gain from which a feature that other splits lack makes training vain
_TOLD, _SHOWN, _EXCERPT = 3, 12, 80
_FOLDS = 3
_AS_GOOD = 0.03  # difference of gains that is none


@dataclasses.dataclass(frozen=True)
class Texts:
    """What the check needs of a split."""

    texts: Sequence[str]
    labels: Sequence[str]
    """One per text."""
    words: Any = None
    """What a simple model reads of all words, `(rows, dim)`; needed of train alone."""

    def thinned(self) -> Texts:
        """Every so many rows, at most some thousand."""
        step = max(1, -(-len(self.texts) // _ROWS))
        words = self.words[::step] if self.words is not None else None
        return Texts(self.texts[::step], self.labels[::step], words)


def shortcuts(model: Any, splits: Mapping[str, Texts], seed: int) -> Finding:
    """Ask what single words, signs, lengths, scripts, starts and ends say of labels by themselves.

    Args:
        model: A scikit-learn classifier of `Texts.words` that counts classes alike.
        splits: By name, `train` among them; no two rows of a split with the same text.
        seed: Of the folds.

    Returns:
        `warn` where form alone tells a label from the others, or one word as hardly any content
        does; `fail` where that is nearly certain in train and does not hold in another split;
        figures `clues` (by label the best: `feature`, `label`, `inside`, `outside`, `gain` and
        `holds`, the gain by other split), `content` (gain of all words by label) and `examples`.

    Source:
        Gururangan et al. (2018), "Annotation Artifacts in Natural Language Inference Data",
        https://arxiv.org/abs/1803.02324; Geirhos et al. (2020), "Shortcut Learning in Deep Neural
        Networks", https://arxiv.org/abs/2004.07780. The gain is Youden's index.
    """
    train = splits["train"].thinned()
    names = [label for label, rows in Counter(train.labels).items() if rows >= _FEWEST]
    if len(names) < 2:
        evidence = f"Fewer than two labels with {_FEWEST} rows: too few to look for shortcuts."
        return Finding(NAME, "pass", evidence, figures={"clues": [], "content": {}})
    labels = np.array(train.labels)
    content = _content(model, train, names, seed)
    every = telltale.of_texts(train.texts, train.labels, names, seed)
    found = [clue for clue in every if clue.least > 0]
    best = {name: _best([clue for clue in found if clue.label == name]) for name in sorted(names)}
    told = [clue for clue in found if _is_shortcut(clue, found, content, labels)]
    shown = _strongest(told) or [clue for clue in best.values() if clue is not None]
    others = {name: part.thinned() for name, part in splits.items() if name != "train"}
    listed = [_figure(clue, others) for clue in shown[:_SHOWN]]
    figures: dict[str, Any] = {"clues": listed, "content": content}
    if not told:
        top = max(listed, key=lambda one: one["gain"], default=None)
        evidence = "No word, sign, length, script, start or end tells a label by itself"
        if top is not None:
            evidence += f"; most does {top['feature']}: {_shares(top)}"
        return Finding(NAME, "pass", f"{evidence}.", figures=figures)
    figures["examples"] = [
        train.texts[row][:_EXCERPT]
        for row in np.flatnonzero(shown[0].has & (labels == shown[0].label))[:_TOLD]
    ]
    lost = [
        split
        for split in others
        if any(
            one["holds"].get(split, one["gain"]) < _HOLDS * one["gain"] for one in listed[:_TOLD]
        )
    ]
    fails = lost and shown[0].least >= _SURE_FAIL
    return Finding(
        NAME,
        "fail" if fails else "warn",
        "; ".join(_sentence(one, content) for one in listed[:_TOLD])
        + (f". It does not hold in {', '.join(lost)}" if lost else "")
        + f". Such as: {', '.join(map(repr, figures['examples']))}.",
        "A model learns what is easiest: it will go by this and not by the content, score well "
        "here and fail on texts without it. If just this is the task (languages, key words), all "
        "is well.",
        "Ask how `data.source` was put together (each label from its own source, file or program?) "
        "and remove this from all texts, or give all labels texts with and without it. Metrics of "
        "rows without it say what the model knows besides.",
        figures,
    )


def _content(model: Any, train: Texts, names: Sequence[str], seed: int) -> dict[str, float]:
    """Gain of a model of all words, by label."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    labels = np.array(train.labels)
    rows = np.flatnonzero(np.isin(labels, names))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    guesses = cross_val_predict(model, train.words[rows], labels[rows], cv=folds)
    return {
        name: float(np.mean((guesses == name)[labels[rows] == name]))
        - float(np.mean((guesses == name)[labels[rows] != name]))
        for name in sorted(names)
    }


def _is_shortcut(
    clue: Clue, found: Sequence[Clue], content: Mapping[str, float], labels: np.ndarray
) -> bool:
    limits = {clues.WORD: _WORD, clues.FORM: _FORM, clues.GUESS: _GUESS}
    if clue.least >= limits[clue.kind]:
        return True
    if clue.least >= _OF_CONTENT_GAIN and clue.gain >= _OF_CONTENT * content[clue.label]:
        return True
    if clue.kind == clues.FORM:
        return clue.least >= _PURE_GAIN and _is_pure(clue, labels)
    return clue.kind == clues.WORD and clue.least >= _ALONE_GAIN and _stands_alone(clue, found)


def _is_pure(clue: Clue, labels: np.ndarray) -> bool:
    """Whether hardly a row of another label has it."""
    return bool(clue.has.any() and np.mean(labels[clue.has] == clue.label) >= _PURE)


def _stands_alone(clue: Clue, found: Sequence[Clue]) -> bool:
    """Whether no word in other rows says nearly as much of the same label."""
    rivals = (
        other.gain
        for other in found
        if other.kind == clues.WORD
        and other.label == clue.label
        and np.sum(other.has & clue.has) < _ALONE * np.sum(other.has | clue.has)
    )
    return max(rivals, default=0.0) < _ALONE * clue.gain


def _best(found: Sequence[Clue]) -> Clue | None:
    """The clue that says most; of those that say as much, the one that explains best."""
    if not found:
        return None
    most = max(clue.gain for clue in found)
    as_good = [clue for clue in found if clue.gain >= most - _AS_GOOD]
    return min(as_good, key=lambda clue: (*clues.preference(clue.name), clue.name))


def _strongest(told: Sequence[Clue]) -> list[Clue]:
    """The best for each label, without those that mirror another, the plainest first."""
    by_label = defaultdict(list)
    for clue in told:
        by_label[clue.label].append(clue)
    best = [clue for clue in map(_best, by_label.values()) if clue is not None]
    best.sort(key=lambda clue: (*clues.preference(clue.name)[:1], -clue.gain, clue.label))
    kept: list[Clue] = []
    for clue in best:
        if all(np.mean(clue.has != other.has) < 1 - _AS_GOOD for other in kept):
            kept.append(clue)
    return kept


def _figure(clue: Clue, others: Mapping[str, Texts]) -> dict[str, Any]:
    holds = {
        split: clue.gain_in(part.texts, part.labels)
        for split, part in others.items()
        if _can_tell(clue.label, part.labels)
    }
    return {
        "feature": clue.name,
        "label": clue.label,
        "inside": clue.inside,
        "outside": clue.outside,
        "gain": clue.gain,
        "holds": holds,
    }


def _can_tell(label: str, labels: Sequence[str]) -> bool:
    """Whether there are enough rows of a label and of the others."""
    rows = sum(other == label for other in labels)
    return min(rows, len(labels) - rows) >= _FEWEST / 2


def _shares(one: Mapping[str, Any]) -> str:
    return (
        f"it assigns {one['inside']:.1%} of the rows of {one['label']!r} to that label and "
        f"{one['outside']:.1%} of the others"
    )


def _sentence(one: Mapping[str, Any], content: Mapping[str, float]) -> str:
    feature = one["feature"][:1].upper() + one["feature"][1:]
    return (
        f"{feature} tells {one['label']!r} from all else: {_shares(one)} (all words together gain "
        f"{content[one['label']]:.0%}, this alone {one['gain']:.0%})"
    )
