"""What came out when a model was judged, and the file that says it."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from typing import Any

from components.baseline.baseline import Baseline
from components.doctor.finding import Finding
from models.tasks.task import Task
from pipeline.evaluation.measuring import COUNT, Measured

FILE = "evaluation.json"
QUARANTINE = "quarantine.jsonl"
SPLIT = "new"
"""What the rows are called where a run names its split."""
_SHOWN = 10


@dataclasses.dataclass(frozen=True)
class Result:
    """Everything that terminal, page and file say."""

    name: str
    """Of the model."""
    version: int
    """Which was judged."""
    run: str
    """Time of the run that pushed it."""
    data: str
    """Where the rows are."""
    metrics: dict[str, dict[str, float]]
    """Figures and `example_count` by slice; `all` is all rows."""
    shown: tuple[str, ...]
    """Names of the task's metrics, the headline first."""
    interval: tuple[float, float]
    """95 % interval of the headline on all rows."""
    before: dict[str, Any]
    """`split` that its own run was evaluated on, and its `metrics` there."""
    baseline: Baseline
    """What simple models reach on the new rows."""
    is_below_baseline: bool
    """Whether a simple model is better."""
    rows: dict[str, dict[str, int]]
    """Rows by label of the run's train split and of the new rows; the empty label is none."""
    must_reach: dict[str, float]
    """What was demanded."""
    refusals: list[str]
    """Which of it was not reached, in words."""
    rejected: int
    """Rows left out."""
    too_many_rejected: str
    """Why that is more than the config allows; empty if it is not."""
    quarantine: str
    """File that lists them; empty if there are none."""
    unknown: dict[str, int]
    """Labels that the model cannot answer, the most frequent first."""
    remarks: list[str]
    """What to know of the rows."""
    findings: list[Finding]
    """How they differ from the training rows."""
    analysis: dict[str, Any]
    """Automatic slices, confusion, calibration, mistakes, see `modules/error_analysis.py`."""
    split: str = SPLIT
    """What the rows are called."""

    @property
    def num_rows(self) -> int:
        """Rows that were answered."""
        return round(self.metrics["all"][COUNT])


def remarks(measured: Measured, task: Task) -> list[str]:
    """What to know of the rows, in words.

    Args:
        measured: Answers to them.
        task: Of them.
    """
    num_rows = round(measured.metrics["all"][COUNT])
    found = []
    if measured.unknown:
        listed = _listed([f"{label!r} ({n:,})" for label, n in measured.unknown.most_common()])
        found.append(
            f"{measured.num_unknown:,} of {num_rows:,} rows have labels that the model never saw; "
            f"they count as wrong: {listed}."
        )
        if measured.num_unknown == num_rows:
            (target,) = (column for column in task.columns if column.role == "target")
            known = _listed([repr(label) for label in measured.known])
            found.append(
                f"It knows {known} only. Does `task.{target.field}` ({target.name!r}) name the "
                f"right column? If not: --set task.{target.field}=COLUMN"
            )
    if len(measured.rows) < num_rows:
        found.append(
            f"Mistakes, automatic slices, the simple model and differences from the training rows "
            f"are of {len(measured.rows):,} of the {num_rows:,} rows, evenly chosen."
        )
    return found


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN:,} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def write(result: Result, folder: pathlib.Path) -> pathlib.Path:
    """Write `evaluation.json`; a figure that is no number is null."""
    path = folder / FILE
    fields = _plain(dataclasses.asdict(result))
    path.write_text(json.dumps(fields, ensure_ascii=False, indent=2, allow_nan=False), "utf-8")
    return path


def _plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
