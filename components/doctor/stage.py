"""The work of the Doctor stage, without TFX."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

from components import dotted_path, records
from components.doctor import columns as doctor_columns
from components.doctor import drawing, finding
from components.doctor.checks import data
from components.doctor.columns import Column
from components.doctor.config import Effort
from components.doctor.finding import Examination, Finding
from components.doctor.rows import Row
from components.doctor.setting import Setting

FINDINGS = "findings.json"
"""Name of the findings inside the artifact."""
FIGURES = "doctor.png"
"""Name of the drawing inside the artifact."""
ROWS = {"quick": 10_000, "thorough": 50_000}
"""Rows of a split that the costly checks of the data look at, by effort."""

_LOG = logging.getLogger(__name__)
_WORDS = {"fail": "failed", "warn": "warns"}


@dataclasses.dataclass(frozen=True)
class DoctorParameters:
    """What is to be examined; the parameters of the component."""

    columns: tuple[Column, ...]
    """What is read and what is learned."""
    model_fn: str
    """Dotted path of a function of `learner`, the transform graph's folder, the patterns of the
    train split's files, `resumable` and `effort` that returns an `ExaminedModel`."""
    learner: str
    """JSON of what is trained and how."""
    resumable: str
    """Folder of what an unfinished run left."""
    effort: Effort
    """`quick` or `thorough`."""
    setting: Setting
    """What of config and data bears on what is advised."""


def examine(
    examples: str, learned: str, transform_graph: str, report: str, parameters: DoctorParameters
) -> Examination:
    """Examine data and model, and write findings and figures.

    Args:
        examples: Folder of the Examples as they were ingested.
        learned: Folder of the Examples that are trained on, perhaps with augmented copies.
        transform_graph: Folder of the Transform's output.
        report: Folder to write to.
        parameters: What is to be examined.

    Returns:
        The findings on the data, then those on the model; and the checks that do not apply.
    """
    patterns = [str(pathlib.Path(learned, "Split-train", "*"))]
    model = dotted_path.load(parameters.model_fn)(
        parameters.learner, transform_graph, patterns, parameters.resumable, parameters.effort
    )
    found = data.examine(
        parameters.columns,
        {split: _rows(examples, split, parameters) for split in _splits(examples)},
        ROWS[parameters.effort],
        reader=model.reader,
        image_size=model.image_size,
        embed=model.embed,
        setting=parameters.setting,
    )
    for one in model.findings():
        found.findings.append(one)
        _LOG.info("%s: %s (%.1f s)", one.check, one.verdict, one.seconds)
    write(pathlib.Path(report), found)
    return found


def _rows(examples: str, split: str, parameters: DoctorParameters) -> Iterator[Row]:
    inputs = [column.name for column in doctor_columns.inputs(parameters.columns)]
    for row in records.values(examples, split, [one.name for one in parameters.columns]):
        contents = tuple(_content(row[name]) for name in inputs)
        target = records.target_of(parameters.columns, row)
        yield contents if len(contents) > 1 else contents[0], target


def _content(found: Sequence[Any]) -> bytes:
    """A text or an image; empty where a row lacks it."""
    return next(iter(found), b"")


def write(folder: pathlib.Path, examination: Examination) -> None:
    """Write findings and, if there is anything to draw, their figures."""
    (folder / FINDINGS).write_text(finding.to_json(examination), "utf-8")
    drawing.draw(examination.findings, folder / FIGURES)


def read(folder: pathlib.Path) -> Examination:
    """What an artifact's folder says."""
    return finding.from_json((folder / FINDINGS).read_text("utf-8"))


def remark(findings: Sequence[Finding]) -> str:
    """What a person should see of the findings at once."""
    named = {
        verdict: [one.check for one in findings if one.verdict == verdict]
        for verdict in ("fail", "warn")
    }
    bad = [f"{_WORDS[verdict]}: {', '.join(names)}" for verdict, names in named.items() if names]
    return "; ".join(bad) or f"{_count(len(findings))} passed"


def _count(checks: int) -> str:
    return "1 check" if checks == 1 else f"{checks} checks"


def refuse(findings: Sequence[Finding], stop_on: finding.Verdict, folder: pathlib.Path) -> None:
    """Stop if any finding is as bad as `stop_on`.

    Args:
        findings: What was found.
        stop_on: `fail` or `warn`.
        folder: Where findings and figures are, to be named in the error.

    Raises:
        ValueError: With every such finding's evidence, meaning and fix.
    """
    bad = finding.at_least(findings, stop_on)
    if not bad:
        return
    told = "\n\n".join(
        f"{one.check} ({one.verdict}): {one.evidence}\n  {one.meaning}\n  To do: {one.fix}"
        for one in bad
    )
    raise ValueError(
        f"The doctor stops this run before anything is trained: {_count(len(bad))} at "
        f"`{stop_on}` or worse.\n\n{told}\n\nAll findings, with figures: {folder}\n"
        "To train all the same: `doctor: {stop_on: never}`."
    )


def _splits(uri: str) -> list[str]:
    folders = pathlib.Path(uri).glob("Split-*")
    return sorted(folder.name.removeprefix("Split-") for folder in folders)
