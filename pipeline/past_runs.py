"""Runs that are over, or under way, read from what they left in a workspace."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shlex
from typing import Any

import filelock
import yaml

from pipeline import artifact_files, did_you_mean
from pipeline.paths import Paths
from pipeline.runtime import ending
from serving.repository import storage

_INTERRUPTED = 130


@dataclasses.dataclass(frozen=True)
class PastRun:
    """One run of a pipeline, or one search, ladder or test of augmentation."""

    name: str
    """Of the pipeline."""
    started: str
    """When, which is also the name of its folder."""
    folder: pathlib.Path
    """Of its log and resolved config."""
    command: str
    """`run`, `tune`, `ladder` or `augment-test`; `run` if it left nothing that says it."""
    outcome: str
    """`pushed`, `refused`, `finished`, `failed`, `interrupted`, `under way` or `killed`."""
    ending: ending.Ending | None
    """How it ended; None for one that is under way or was killed."""
    summary: dict[str, Any] | None
    """What it achieved, see `reports/run_summary.py`; None if it did not finish."""
    is_served: bool
    """Whether the newest version holds its model."""

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config."""
        text = (self.folder / artifact_files.CONFIG).read_text("utf-8")
        config: dict[str, Any] = yaml.safe_load(text)
        return config

    @property
    def version(self) -> int | None:
        """The version that was pushed, or served this model already."""
        return self.summary["version"] if self.summary else None


def names(workspace: pathlib.Path) -> list[str]:
    """Pipelines of a workspace, in order."""
    folder = workspace / "runs"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def find(workspace: pathlib.Path, name: str) -> list[PastRun]:
    """Runs of a pipeline, the newest first.

    Args:
        workspace: From `paths.workspace`.
        name: Of the pipeline.

    Raises:
        ValueError: If there is no such pipeline.
    """
    where = Paths(workspace, name)
    known = names(workspace)
    if name not in known:
        raise ValueError(
            f"No pipeline {name!r} ran in {workspace}.{did_you_mean.hint(name, known)} "
            f"Pipelines: {', '.join(known) or 'none'}. Run one with `maru run CONFIG`."
        )
    folders = sorted(where.run("").glob("*/"), reverse=True)
    served = _served_source(where)
    is_busy = _is_held(where.lock)
    return [
        _read(where, folder, served, is_under_way=is_busy and folder == folders[0])
        for folder in folders
        if (folder / artifact_files.CONFIG).is_file()
    ]


def choose(runs: list[PastRun], started: str) -> PastRun:
    """The run whose time begins as given.

    Args:
        runs: Of one pipeline.
        started: The beginning of `PastRun.started`.

    Raises:
        ValueError: If none begins so, or several do.
    """
    fitting = [run for run in runs if run.started.startswith(started)]
    if len(fitting) == 1:
        return fitting[0]
    found = "no run begins" if not fitting else f"{len(fitting)} runs begin"
    times = ", ".join(run.started for run in (fitting or runs))
    raise ValueError(
        f"Expected the time of one run or its beginning, but {found} so. Received: {started!r}. "
        f"There are: {times}"
    )


def _read(where: Paths, folder: pathlib.Path, served: str | None, *, is_under_way: bool) -> PastRun:
    ended = ending.read(folder)
    path = folder / artifact_files.RUN_SUMMARY
    summary = json.loads(path.read_text("utf-8")) if path.is_file() else None
    version = summary and summary["version"]
    return PastRun(
        name=where.name,
        started=folder.name,
        folder=folder,
        command=_command(ended),
        outcome=_outcome(ended, summary, is_under_way=is_under_way),
        ending=ended,
        summary=summary,
        is_served=bool(version and served and served == source(where.served / str(version))),
    )


def _command(ended: ending.Ending | None) -> str:
    """What was called; a Python program that calls it may have no arguments."""
    words = shlex.split(ended.command) if ended else []
    return words[1] if len(words) > 1 else "run"


def _outcome(
    ended: ending.Ending | None, summary: dict[str, Any] | None, *, is_under_way: bool
) -> str:
    if ended and ended.code == _INTERRUPTED:
        return "interrupted"
    if ended and ended.failure:
        return "failed"
    if summary:
        return "refused" if summary["refusals"] else "pushed"
    if ended:
        return "finished"
    return "under way" if is_under_way else "killed"


def source(version: pathlib.Path) -> str | None:
    """Which model a pushed version was copied from; None if it is gone or is not of a run."""
    note = version / artifact_files.SOURCE
    return note.read_text("utf-8") if note.is_file() else None


def _served_source(where: Paths) -> str | None:
    versions = storage.find_versions(where.served)
    return source(versions[max(versions)]) if versions else None


def _is_held(lock: pathlib.Path) -> bool:
    if not lock.is_file():
        return False
    try:
        filelock.FileLock(lock).acquire(blocking=False).lock.release()
    except filelock.Timeout:
        return True
    return False
