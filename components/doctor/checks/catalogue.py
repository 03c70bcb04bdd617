"""Every check of the data, and what inputs and target must hold for it."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from components.doctor import columns
from components.doctor.checks import (
    balance,
    constant,
    drift,
    duplicates,
    label_names,
    label_sets,
    labels,
    leakage,
    noise,
    numbers,
    pairs,
    relation,
    shift,
    signal,
    views,
)
from components.doctor.checks.subject import Subject
from components.doctor.finding import Finding
from components.doctor.image import pictures
from components.doctor.image import shortcuts as image_shortcuts
from components.doctor.rows import Rows
from components.doctor.text import boilerplate, damage, lengths, reach
from components.doctor.text import shortcuts as text_shortcuts

Run = Callable[[], Finding]
_LABELS = 50
"""Labels of a set whose shares are compared between splits, the most frequent ones."""
_ONE_LABEL, _LABEL_SET, _NUMBER = ("category",), ("categories",), ("number",)
_ANY_LABEL = ("category", "categories")
_ANY_TARGET = (
    "category",
    "categories",
    "choice",
    "number",
    "spans",
    "answers",
    "written",
    columns.NOTHING,
)
_TEXT, _IMAGE, _PAIR = ("text", "texts"), ("image",), ("texts",)
_ANY_INPUT = ("text", "texts", "image")
_LACKS = {
    _TEXT: "no column holds text",
    _IMAGE: "no column holds images",
    _PAIR: "there is one input only",
}


@dataclasses.dataclass(frozen=True)
class Check:
    """A check, and what it is about."""

    name: str
    """Of its findings."""
    runs: Callable[[Subject], Iterable[Run]]
    """What is examined to the check of all of it, or of each column."""
    target: Sequence[str] = _ANY_TARGET
    """What the target may hold."""
    inputs: tuple[str, ...] = _ANY_INPUT
    """Keys of `views.KINDS` that the inputs may be."""
    compares: bool = False
    """Whether it needs a second split."""
    sees_all: bool = False
    """Whether it counts in all rows, not in a sample."""
    lacks: Callable[[Subject], str] = lambda subject: ""
    """What else is missing, in words; empty if nothing."""

    def reason(self, kind: str, subject: Subject) -> str:
        """Why it does not apply to a key of `views.KINDS` and a subject; empty if it does."""
        if kind not in self.inputs:
            return _LACKS[self.inputs]
        if subject.target.holds not in self.target:
            return str(subject.target)
        if self.compares and len(subject.all_rows) < 2:
            return "there is one split only"
        if self.compares and not self.sees_all and len(subject.rows) < 2:
            return "fewer than two splits have rows that say something"
        return self.lacks(subject)


def _once(run: Callable[[Subject], Finding]) -> Callable[[Subject], Iterable[Run]]:
    return lambda subject: [functools.partial(run, subject)]


def _by_column(run: Callable[[Subject, int], Finding]) -> Callable[[Subject], Iterable[Run]]:
    """A finding for each input column, which it names where there are several."""

    def runs(subject: Subject) -> Iterator[Run]:
        for place, name in enumerate(subject.names):
            yield functools.partial(named, subject, place, name)

    def named(subject: Subject, place: int, name: str) -> Finding:
        found = run(subject, place)
        if len(subject.inputs) == 1:
            return found
        return dataclasses.replace(
            found,
            evidence=f"Column {name!r}: {found.evidence}",
            figures={**found.figures, "column": name},
        )

    return runs


def _targets(subject: Subject) -> dict[str, Sequence[Any]]:
    return {name: found.targets for name, found in subject.all_rows.items()}


def _class_balance(subject: Subject) -> Finding:
    return balance.class_balance(_targets(subject), subject.setting)


def _label_names(subject: Subject) -> Finding:
    found = _targets(subject)
    if subject.target.holds == "categories":
        found = {name: [label for row in rows for label in row] for name, rows in found.items()}
    return label_names.label_names(found)


def _constant_input(subject: Subject, place: int) -> Finding:
    return constant.constant_input(*subject.column(place))


def _label_conflicts(subject: Subject) -> Finding:
    if subject.target.holds == "category":
        return labels.label_conflicts(subject.rows, subject.sample, subject.groups)
    rows, sample = (
        {name: _with_text(part) for name, part in parts.items()}
        for parts in (subject.rows, subject.sample)
    )
    return labels.label_conflicts(rows, sample, subject.groups, labels.SEVERAL_LABELS)


def _with_text(part: Any) -> Any:
    """Sets of labels as one text each."""
    targets = [", ".join(sorted(set(row))) for row in part.targets]
    return dataclasses.replace(part, targets=targets)


def _label_noise(subject: Subject) -> Finding:
    return noise.label_noise(
        subject.kind.doubter(subject.seed),
        {name: subject.labelled(name) for name in subject.rows},
        subject.kind.learned,
        subject.seed,
    )


def _one_text_alone(subject: Subject) -> Finding:
    targets = subject.targets("train")
    return pairs.one_text_alone(
        subject.model(),
        [(words["train"], targets) for words in subject.words],
        (subject.numbers["train"], targets),
        subject.names,
        subject.seed,
        subject.setting,
    )


def _text_shortcuts(subject: Subject, place: int) -> Finding:
    texts = {
        name: text_shortcuts.Texts(
            subject.texts(view, place), subject.targets(name), subject.words[place][name]
        )
        for name, view in subject.read.items()
    }
    return text_shortcuts.shortcuts(subject.kind.model(subject.seed), texts, subject.seed)


def _text_damage(subject: Subject, place: int) -> Finding:
    return damage.text_damage({n: subject.texts(v, place) for n, v in subject.read.items()})


def _boilerplate(subject: Subject, place: int) -> Finding:
    # Two texts share the model's limit, so that neither has one of its own.
    reader = subject.reader if len(subject.inputs) == 1 else None
    return boilerplate.boilerplate(subject.texts(subject.read["train"], place), reader)


def _truncation(subject: Subject) -> Finding:
    reader = cast(lengths.Reader, subject.reader)
    view = subject.views["train"]
    counts = [lengths.count(subject.texts(view, n), reader) for n in range(len(subject.inputs))]
    reached = None
    if len(subject.inputs) == 1 and subject.target.holds == "category":
        reached = reach.reach(
            subject.kind.model(subject.seed),
            subject.read["train"],
            subject.targets("train"),
            reader,
            is_middle=subject.setting.truncate == "middle",
            seed=subject.seed,
        )
    sides = subject.setting.sides or [range(len(counts))]
    longest = np.max([np.sum([counts[place] for place in side], axis=0) for side in sides], axis=0)
    return lengths.truncation(longest, reader.limit, subject.setting, reached)


def _more_than_two(subject: Subject) -> str:
    return "" if len(subject.inputs) == 2 else "there are more than two inputs"


def _unknown_words(subject: Subject, place: int) -> Finding:
    texts = {name: subject.texts(view, place) for name, view in subject.views.items()}
    train = texts.pop("train")
    return lengths.unknown_words(train, texts, subject.reader)


def _image_shortcuts(subject: Subject) -> Finding:
    train = subject.sample["train"].take(subject.distinct["train"])
    return image_shortcuts.shortcuts(
        cast(Sequence[bytes], train.inputs),
        train.targets,
        train.places.tolist(),
        views.shapes(subject.read["train"]),
        subject.kind.model(subject.seed),
        subject.seed,
    )


def _drift(subject: Subject) -> Finding:
    features = {name: dict(subject.kind.describe(view)) for name, view in subject.views.items()}
    named = None
    if subject.target.holds == "category":
        named = {name: found.targets for name, found in subject.rows.items()}
    elif subject.target.holds == "categories":
        for name, shares in _label_shares(subject.rows).items():
            features[name] |= shares
    return drift.drift(features, named, subject.embeddings(), subject.seed, subject.setting)


def _label_shares(rows: Mapping[str, Rows]) -> dict[str, dict[str, np.ndarray]]:
    """Which rows have each of the frequent labels, `(rows,)` of 0 and 1, by split and label."""
    counts = Counter(label for row in rows["train"].targets for label in set(row))
    frequent = [label for label, _ in counts.most_common(_LABELS)]
    return {
        name: {
            f"the label {label!r}": np.array([label in row for row in found.targets], float)
            for label in frequent
        }
        for name, found in rows.items()
    }


OF_ALL_ROWS = (
    Check("class_balance", _once(_class_balance), _ONE_LABEL, sees_all=True),
    Check(
        "label_frequencies",
        _once(lambda it: label_sets.label_frequencies(_targets(it), it.setting)),
        _LABEL_SET,
        sees_all=True,
    ),
    Check(
        "unlabelled_rows",
        _once(lambda it: label_sets.unlabelled_rows(_targets(it), it.setting)),
        _LABEL_SET,
        sees_all=True,
    ),
    Check(
        "label_cooccurrence",
        _once(lambda it: label_sets.label_cooccurrence(_targets(it))),
        _LABEL_SET,
        sees_all=True,
    ),
    Check("label_names", _once(_label_names), _ANY_LABEL, sees_all=True),
    Check(
        "target_values",
        _once(lambda it: numbers.target_values(_targets(it), it.setting)),
        _NUMBER,
        sees_all=True,
    ),
    Check(
        "target_outliers",
        _once(lambda it: numbers.target_outliers(_targets(it), it.setting)),
        _NUMBER,
        sees_all=True,
    ),
    Check(
        "target_skew",
        _once(lambda it: numbers.target_skew(_targets(it), it.setting)),
        _NUMBER,
        sees_all=True,
    ),
    Check(
        "target_range",
        _once(lambda it: numbers.target_range(_targets(it), it.setting)),
        _NUMBER,
        compares=True,
        sees_all=True,
    ),
    Check("constant_input", _by_column(_constant_input)),
)
"""Checks that look at rows without content, too, in their order."""
OF_ROWS_WITH_CONTENT = (
    Check(
        "exact_duplicates",
        _once(lambda it: duplicates.exact_duplicates(it.rows, it.setting)),
        sees_all=True,
    ),
    Check(
        "near_duplicates",
        _once(lambda it: duplicates.near_duplicates(it.sample, it.groups, it.setting)),
    ),
    Check(
        "leakage",
        _once(lambda it: leakage.leakage(it.rows, it.sample, it.groups, it.setting)),
        compares=True,
    ),
    Check("label_conflicts", _once(_label_conflicts), _ANY_LABEL),
    Check(
        "target_conflicts",
        _once(lambda it: numbers.target_conflicts(it.rows, it.sample, it.setting)),
        _NUMBER,
        sees_all=True,
    ),
    Check(
        "label_signal",
        _once(lambda it: signal.label_signal(it.model(), it.learned(), it.seed, it.setting)),
        _ONE_LABEL,
    ),
    Check(
        "target_signal",
        _once(lambda it: relation.target_signal(it.model(), it.learned(), it.seed, it.setting)),
        (*_LABEL_SET, *_NUMBER),
    ),
    Check("label_noise", _once(_label_noise), _ONE_LABEL),
    Check(
        "identical_texts",
        _once(lambda it: pairs.identical_texts(it.views, it.inputs)),
        inputs=_PAIR,
        lacks=_more_than_two,
    ),
    Check(
        "text_order",
        _once(
            lambda it: pairs.text_order(
                it.kind.model(it.seed), it.read, it.names, it.seed, it.setting
            )
        ),
        inputs=_PAIR,
        compares=True,
        lacks=_more_than_two,
    ),
    Check(
        "one_text_alone",
        _once(_one_text_alone),
        (*_ANY_LABEL, "number"),
        _PAIR,
        lacks=_more_than_two,
    ),
    Check("shortcuts", _by_column(_text_shortcuts), _ONE_LABEL, _TEXT),
    Check("text_damage", _by_column(_text_damage), inputs=_TEXT),
    Check("boilerplate", _by_column(_boilerplate), inputs=_TEXT),
    Check(
        "truncation",
        _once(_truncation),
        inputs=_TEXT,
        lacks=lambda it: "" if it.reader else "the model takes whole texts",
    ),
    Check(
        "unknown_words",
        _by_column(_unknown_words),
        inputs=_TEXT,
        lacks=lambda it: "" if it.reader or len(it.rows) > 1 else "there is one split only",
    ),
    Check(
        "image_sizes",
        _once(lambda it: pictures.image_sizes(it.views, it.image_size)),
        inputs=_IMAGE,
    ),
    Check("shortcuts", _once(_image_shortcuts), _ONE_LABEL, _IMAGE),
    Check("drift", _once(_drift), compares=True),
    Check(
        "covariate_shift",
        _once(lambda it: shift.covariate_shift(it.numbers, it.seed, it.setting)),
        compares=True,
    ),
)
"""Checks of rows that say something, in their order."""
