"""What came out of a search."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from models import json_files
from models.tuning import space
from models.tuning.config import SearchRange

RECORD = "record.json"
"""File in a trial's folder: what KerasTuner does not keep."""


@dataclasses.dataclass(frozen=True)
class Record:
    """How a trial was run."""

    seconds: float
    """Wall time, with building the model and opening the data."""
    epochs: int
    """Epochs it trained."""
    worker: str
    """Who ran it."""
    memory_mib: float
    """Memory of that process after the trial, in MiB."""
    error: str | None = None
    """Why it failed."""

    def write(self, folder: pathlib.Path) -> None:
        """Keep it in the trial's folder."""
        json_files.write_json(folder / RECORD, dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True)
class TrialResult:
    """One trial that ended."""

    trial: str
    """Its number."""
    score: float | None
    """Best epoch's value of the objective; None if the trial failed."""
    values: dict[str, Any]
    """Values of the searched fields by dotted path."""
    seconds: float
    """Wall time."""
    epochs: int
    """Epochs it trained."""
    worker: str
    """Who ran it."""
    memory_mib: float
    """Memory of that process after the trial, in MiB."""
    error: str | None
    """Why it failed."""


def collect(oracle: Any, searched: Mapping[str, SearchRange]) -> list[TrialResult]:
    """The ended trials of an oracle: the best first, failed ones last."""
    found = [_result(oracle, oracle.trials[name], searched) for name in oracle.end_order]
    sign = -1 if oracle.objective.direction == "max" else 1
    return sorted(found, key=lambda r: (r.score is None, sign * (r.score or 0), r.trial))


def _result(oracle: Any, ended: Any, searched: Mapping[str, SearchRange]) -> TrialResult:
    path = pathlib.Path(oracle._get_trial_dir(ended.trial_id), RECORD)
    record = Record(**json.loads(path.read_text("utf-8")))
    score = ended.score if ended.status == "COMPLETED" else None
    values = space.decode(searched, ended.hyperparameters.values)
    return TrialResult(ended.trial_id, score, values, **dataclasses.asdict(record))


def write(path: pathlib.Path, found: Sequence[TrialResult]) -> None:
    """Write them as JSON."""
    json_files.write_json(path, [dataclasses.asdict(result) for result in found])


def read(path: pathlib.Path) -> list[TrialResult]:
    """Read what `write` wrote."""
    return [TrialResult(**fields) for fields in json.loads(path.read_text("utf-8"))]
