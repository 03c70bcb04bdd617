"""All checks of the data, in one call."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from components.doctor.checks import (
    balance,
    constant,
    drift,
    duplicates,
    label_names,
    labels,
    leakage,
    noise,
    shift,
    signal,
    views,
)
from components.doctor.finding import Finding
from components.doctor.image import pictures
from components.doctor.image import shortcuts as image_shortcuts
from components.doctor.rows import Row, Rows, Sample
from components.doctor.setting import Setting
from components.doctor.text import boilerplate, damage, lengths, reach
from components.doctor.text import shortcuts as text_shortcuts

Embed = Callable[[Sequence[Any]], np.ndarray]
_EXCERPT = 80  # characters of a text that are shown
_OF_ALL_ROWS = (balance.NAME, label_names.NAME, duplicates.EXACT)
_NO_SETTING = Setting()


def examine(
    kind: str,
    splits: Mapping[str, Iterable[Row]],
    limit: int = 10_000,
    *,
    seed: int = 0,
    reader: lengths.Reader | None = None,
    image_size: int | None = None,
    embed: Embed | None = None,
    setting: Setting = _NO_SETTING,
) -> list[Finding]:
    """Run every check that applies.

    Args:
        kind: `text` or `image`: what the inputs are.
        splits: Inputs (texts or their UTF-8, or encoded images) and labels, by split, each read
            once; `train` must be among them.
        limit: Rows of each split that the costly checks see, at least 1; a sample beyond that.
            Labels and exact repetitions are counted in all rows.
        seed: Of samples, folds and permutations.
        reader: How the model reads texts; None: the model's limit is not checked.
        image_size: Side of the model's input in pixels; None: sizes are not compared with it.
        embed: Inputs to embeddings `(rows, dim)`, called with at most `drift.EMBEDDED` rows of
            each split; None: embeddings are not compared.
        setting: What of config and data bears on what is advised.

    Returns:
        One finding a check, in a fixed order, with its time. What compares splits is left out if
        there is only one.

    Raises:
        ValueError: If the kind is unknown or there are no training rows.
        OSError: If an image does not decode.
    """
    if kind not in views.KINDS:
        raise ValueError(f"The kind of inputs is 'text' or 'image'. Received: {kind!r}")
    read = {name: views.KINDS[kind].read(split, limit, seed) for name, split in splits.items()}
    rows = {name: every for name, (every, _) in read.items() if len(every)}
    _check(rows)
    drawn = {name: sample for name, (_, sample) in read.items() if name in rows}
    subject = _Subject(views.KINDS[kind], rows, drawn, limit, seed, setting)
    checks = [
        lambda: balance.class_balance(
            {name: found.labels for name, found in rows.items()}, setting
        ),
        lambda: label_names.label_names({name: found.labels for name, found in rows.items()}),
        lambda: constant.constant_input(rows, subject.empty),
    ]
    findings = [_timed(check) for check in checks]
    if not len(subject.rows.get("train", ())):
        return findings  # Nothing is left to compare, and `constant_input` has said so.
    own = _text_checks(subject, reader) if kind == "text" else _image_checks(subject, image_size)
    findings += [_timed(check) for check in (*_row_checks(subject), *own)]
    if len(subject.rows) > 1:
        findings += [_timed(check) for check in _split_checks(subject, embed)]
    return [_tell_sample(finding, subject) for finding in findings]


@dataclasses.dataclass(frozen=True)
class _Subject:
    """What is examined; what several checks need is computed when the first asks for it."""

    kind: views.Kind
    all_rows: Mapping[str, Rows]
    drawn: Mapping[str, Sample]
    limit: int
    seed: int
    setting: Setting

    @functools.cached_property
    def _views(self) -> dict[str, Any]:
        return {name: self.kind.view(found.inputs) for name, found in self.drawn.items()}

    @functools.cached_property
    def empty(self) -> dict[str, np.ndarray]:
        """Which rows of the sample say nothing, by split."""
        return {name: self.kind.are_empty(view) for name, view in self._views.items()}

    @functools.cached_property
    def rows(self) -> dict[str, Rows]:
        """All rows but those known to say nothing, so that these are reported once."""
        unsaid = np.concatenate([self.drawn[n].keys[flags] for n, flags in self.empty.items()])
        kept = {
            name: found.take(np.flatnonzero(~np.isin(found.keys, unsaid)))
            for name, found in self.all_rows.items()
        }
        # A split whose whole sample says nothing has nothing to compare, either.
        return {name: found for name, found in kept.items() if not self.empty[name].all()}

    @functools.cached_property
    def sample(self) -> dict[str, Sample]:
        """The rows of the sample that say something, by split."""
        return {n: self.drawn[n].take(np.flatnonzero(~self.empty[n])) for n in self.rows}

    @functools.cached_property
    def views(self) -> dict[str, Any]:
        """Views of `sample`, by split."""
        return {
            name: self.kind.take(self._views[name], np.flatnonzero(~self.empty[name]))
            for name in self.rows
        }

    @functools.cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """Numbers of the groups of nearly equal rows of `sample`, by split."""
        keys = np.concatenate([found.keys for found in self.sample.values()])
        ends = np.cumsum([len(found) for found in self.sample.values()])
        _, firsts, which = np.unique(keys, return_index=True, return_inverse=True)
        starts = ends - [len(found) for found in self.sample.values()]
        owners = np.searchsorted(ends, firsts, side="right")
        parts = [
            self.kind.take(view, firsts[owners == owner] - starts[owner])
            for owner, view in enumerate(self.views.values())
        ]
        # `parts` go by split, `which` counts distinct rows in the order of their keys.
        numbers = np.empty(len(firsts), int)
        numbers[np.argsort(owners, kind="stable")] = self.kind.group(parts)
        return dict(zip(self.sample, np.split(numbers[which.ravel()], ends[:-1]), strict=True))

    @functools.cached_property
    def distinct(self) -> dict[str, np.ndarray]:
        """Places in `sample` of at most some thousand rows without repetitions, by split."""
        found = {}
        for name, part in self.sample.items():
            places = np.sort(np.unique(part.keys, return_index=True)[1])
            drawn = np.random.default_rng(self.seed).permutation(places)[: views.ROWS]
            found[name] = np.sort(drawn)
        return found

    @functools.cached_property
    def read(self) -> dict[str, Any]:
        """Views of `distinct`, by split."""
        return {n: self.kind.take(self.views[n], places) for n, places in self.distinct.items()}

    @functools.cached_property
    def numbers(self) -> Mapping[str, Any]:
        """What simple models read, of `distinct`, by split."""
        return self.kind.measure(self.read)

    def labels(self, split: str) -> list[str]:
        """Labels of `distinct`."""
        return [self.sample[split].labels[place] for place in self.distinct[split]]

    def labelled(self, split: str) -> noise.Labelled:
        """`distinct` for the check of labels, with names for its rows."""
        sample, places = self.sample[split], self.distinct[split]

        def describe(row: int) -> dict[str, Any]:
            content, number = sample.inputs[places[row]], int(sample.places[places[row]])
            name = content[:_EXCERPT] if isinstance(content, str) else f"{split} image {number}"
            return {"row": number, "input": name}

        return noise.Labelled(self.numbers[split], self.labels(split), describe)


Checks = Iterator[Callable[[], Finding]]


def _row_checks(subject: _Subject) -> Checks:
    yield lambda: duplicates.exact_duplicates(subject.rows, subject.setting)
    yield lambda: duplicates.near_duplicates(subject.sample, subject.groups, subject.setting)
    if len(subject.rows) > 1:
        yield lambda: leakage.leakage(subject.rows, subject.sample, subject.groups, subject.setting)
    yield lambda: labels.label_conflicts(subject.rows, subject.sample, subject.groups)
    yield lambda: signal.label_signal(
        subject.kind.model(subject.seed),
        {name: (subject.numbers[name], subject.labels(name)) for name in subject.rows},
        subject.seed,
        subject.setting,
    )
    yield lambda: noise.label_noise(
        subject.kind.doubter(subject.seed),
        {name: subject.labelled(name) for name in subject.rows},
        subject.kind.learned,
        subject.seed,
    )


def _text_checks(subject: _Subject, reader: lengths.Reader | None) -> Checks:
    read = subject.read
    yield lambda: text_shortcuts.shortcuts(
        subject.kind.model(subject.seed),
        {
            n: text_shortcuts.Texts(read[n], subject.labels(n), subject.numbers[n])
            for n in subject.rows
        },
        subject.seed,
    )
    yield lambda: damage.text_damage(read)
    yield lambda: boilerplate.boilerplate(read["train"], reader)
    train = subject.views["train"]
    others = {name: view for name, view in subject.views.items() if name != "train"}
    if reader is not None:
        yield lambda: lengths.truncation(
            lengths.count(train, reader),
            reader.limit,
            subject.setting,
            reach.reach(
                subject.kind.model(subject.seed),
                read["train"],
                subject.labels("train"),
                reader,
                is_middle=subject.setting.truncate == "middle",
                seed=subject.seed,
            ),
        )
    if reader is not None or others:
        yield lambda: lengths.unknown_words(train, others, reader)


def _image_checks(subject: _Subject, image_size: int | None) -> Checks:
    by_split: Mapping[str, pictures.Pictures] = subject.views
    yield lambda: pictures.image_sizes(by_split, image_size)
    train = subject.sample["train"].take(subject.distinct["train"])
    yield lambda: image_shortcuts.shortcuts(
        cast(Sequence[bytes], train.inputs),
        train.labels,
        train.places.tolist(),
        views.shapes(subject.read["train"]),
        subject.kind.model(subject.seed),
        subject.seed,
    )


def _split_checks(subject: _Subject, embed: Embed | None) -> Checks:
    yield lambda: drift.drift(
        {name: subject.kind.describe(view) for name, view in subject.views.items()},
        {name: found.labels for name, found in subject.rows.items()},
        _embeddings(subject, embed) if embed is not None else None,
        subject.seed,
        subject.setting,
    )
    yield lambda: shift.covariate_shift(subject.numbers, subject.seed, subject.setting)


def _embeddings(subject: _Subject, embed: Embed) -> dict[str, np.ndarray]:
    parts = {
        name: found.at_most(drift.EMBEDDED, subject.seed) for name, found in subject.sample.items()
    }
    return {name: np.asarray(embed(part.inputs)) for name, part in parts.items()}


def _tell_sample(finding: Finding, subject: _Subject) -> Finding:
    drawn = [
        f"{len(part):,} of {len(subject.rows[name]):,} {name} rows"
        for name, part in subject.sample.items()
        if len(subject.rows[name]) > subject.limit
    ]
    if not drawn or finding.check in _OF_ALL_ROWS:
        return finding
    return dataclasses.replace(
        finding, evidence=f"{finding.evidence} Seen: a sample of {', '.join(drawn)}."
    )


def _check(rows: Mapping[str, Rows]) -> None:
    if "train" not in rows:
        raise ValueError(
            "There are no training rows to examine. Check `data.source` and `data.split`. "
            f"Received the splits: {', '.join(rows) or 'none'}"
        )


def _timed(check: Callable[[], Finding]) -> Finding:
    started = time.perf_counter()
    finding = check()
    return dataclasses.replace(finding, seconds=time.perf_counter() - started)
