"""All checks of the data, in one call."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from components.doctor import columns as doctor_columns
from components.doctor.checks import views
from components.doctor.checks.catalogue import OF_ALL_ROWS, OF_ROWS_WITH_CONTENT, Check
from components.doctor.checks.subject import Embed, Subject
from components.doctor.columns import Column
from components.doctor.finding import Examination, Finding, NotApplicable
from components.doctor.rows import Row, Rows
from components.doctor.setting import Setting
from components.doctor.text import lengths

_NO_SETTING = Setting()
_ELSEWHERE = (
    "The model learned from other rows than these: the figures say how it does on rows of this "
    "kind, not on those that it was trained for.",
    "If rows like these are what counts, label some, add them to `data.source` and run again.",
)
_LATER = {
    "target_range": _ELSEWHERE,
    "leakage": (
        "The model was told the answers to these: the figures are better than on new rows.",
        "Leave rows that it was trained on out of what it is judged by.",
    ),
    "drift": _ELSEWHERE,
    "covariate_shift": _ELSEWHERE,
}
"""Checks of rows that came later, with what they mean there and what to do."""


def examine(
    columns: Sequence[Column],
    splits: Mapping[str, Iterable[Row]],
    limit: int = 10_000,
    *,
    seed: int = 0,
    reader: lengths.Reader | None = None,
    image_size: int | None = None,
    embed: Embed | None = None,
    setting: Setting = _NO_SETTING,
) -> Examination:
    """Run every check that applies.

    Args:
        columns: What is read, a text, an image or two texts, and what is learned.
        splits: Inputs (texts or their UTF-8, two of them in a tuple, or encoded images) and
            targets (labels, tuples of labels, or numbers), by split, each read once; `train` must
            be among them.
        limit: Rows of each split that the costly checks see, at least 1; a sample beyond that.
            Targets and exact repetitions are counted in all rows.
        seed: Of samples, folds and permutations.
        reader: How the model reads texts; None: the model's limit is not checked.
        image_size: Side of the model's input in pixels; None: sizes are not compared with it.
        embed: Inputs to embeddings `(rows, dim)`, called with at most `drift.EMBEDDED` rows of
            each split; None: embeddings are not compared.
        setting: What of config and data bears on what is advised; what is said of the target comes
            from `columns`.

    Returns:
        Findings in a fixed order, with their time: one a check, or one a column for those of
        single texts; and the checks that do not apply.

    Raises:
        ValueError: If such inputs are unknown or there are no training rows.
        OSError: If an image does not decode.
    """
    subject = _subject(columns, splits, limit, seed, setting)
    subject = dataclasses.replace(subject, reader=reader, image_size=image_size, embed=embed)
    name = _kind(subject.inputs)
    findings = list(_findings(OF_ALL_ROWS, name, subject))
    # If nothing is left to compare, `constant_input` has said so.
    if len(subject.rows.get("train", ())):
        findings += _findings(OF_ROWS_WITH_CONTENT, name, subject)
    return Examination(findings, list(_not_applicable(name, subject)))


def compare(
    columns: Sequence[Column],
    train: Iterable[Row],
    others: Iterable[Row],
    called: str,
    limit: int = 2_000,
    seed: int = 0,
) -> list[Finding]:
    """Hold rows that came later against the training rows, by the checks that are about both.

    Args:
        columns: What is read and what is learned.
        train: Training rows, see `examine`.
        others: Rows that came later.
        called: What these are called.
        limit: Rows of either that the costly checks see, at least 1.
        seed: Of samples and folds.

    Returns:
        Whether they are training rows, are distributed otherwise, or can be told apart.

    Raises:
        ValueError: If such inputs are unknown or there are no training rows.
    """
    subject = _subject(columns, {"train": train, called: others}, limit, seed, _NO_SETTING)
    chosen = [check for check in (*OF_ALL_ROWS, *OF_ROWS_WITH_CONTENT) if check.name in _LATER]
    return [
        dataclasses.replace(found, meaning=_LATER[found.check][0], fix=_LATER[found.check][1])
        if found.verdict != "pass"
        else found
        for found in _findings(chosen, _kind(subject.inputs), subject)
    ]


def _subject(
    columns: Sequence[Column],
    splits: Mapping[str, Iterable[Row]],
    limit: int,
    seed: int,
    setting: Setting,
) -> Subject:
    """What is examined, as far as the rows say."""
    inputs, target = doctor_columns.inputs(tuple(columns)), doctor_columns.target(tuple(columns))
    kind = views.KINDS[_kind(inputs)]
    read = {split: kind.read(rows, limit, seed) for split, rows in splits.items()}
    rows = {split: every for split, (every, _) in read.items() if len(every)}
    _check(rows)
    return Subject(
        inputs=inputs,
        target=target,
        kind=kind,
        all_rows=rows,
        drawn={split: sample for split, (_, sample) in read.items() if split in rows},
        limit=limit,
        seed=seed,
        setting=dataclasses.replace(
            setting, target=target.name, target_field=target.field, holds=target.holds
        ),
        reader=None,
        image_size=None,
        embed=None,
    )


def _kind(inputs: Sequence[Column]) -> str:
    """Key of `views.KINDS`."""
    held = [column.holds for column in inputs]
    if held in (["text"], ["image"]):
        return held[0]
    if held and set(held) == {"text"}:
        return "texts"
    raise ValueError(
        "The doctor examines inputs of 'text', or one of 'image'. Received: "
        f"{', '.join(map(repr, held)) or 'none'}"
    )


def _findings(checks: Sequence[Check], kind: str, subject: Subject) -> Iterator[Finding]:
    for check in checks:
        if not check.reason(kind, subject):
            for run in check.runs(subject):
                finding = _timed(run)
                yield finding if check.sees_all else _tell_sample(finding, subject)


def _not_applicable(kind: str, subject: Subject) -> Iterator[NotApplicable]:
    every = (*OF_ALL_ROWS, *OF_ROWS_WITH_CONTENT)
    reasons: dict[str, str] = {}
    for check in every:
        # Texts and images have checks of one name; that of the other kind says nothing.
        if kind in check.inputs or check.name not in reasons:
            reasons[check.name] = check.reason(kind, subject)
    yield from (NotApplicable(name, reason) for name, reason in reasons.items() if reason)


def _tell_sample(finding: Finding, subject: Subject) -> Finding:
    drawn = [
        f"{len(part):,} of {len(subject.rows[name]):,} {name} rows"
        for name, part in subject.sample.items()
        if len(subject.rows[name]) > subject.limit
    ]
    if not drawn:
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
