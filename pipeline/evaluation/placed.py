"""The config that new rows are read and judged by: that of the model's own run."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from components.ingest.files import source_files
from models.tasks import task as tasks
from pipeline import artifact_files
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.guessing import locating
from pipeline.past_runs import PastRun

_JUDGING = (
    *("data.source", "data.max_quarantined", "task"),
    *("evaluation.must_reach", "evaluation.slices"),
)
"""Fields that bear on reading and judging."""
_KIND = "data.source.kind="
_LISTS = ("csv", "tsv")
_OWN_PLACES = ("images",)
"""Fields of a source that lead from the training data to other files of it."""


def config(run: PastRun, data: pathlib.Path, overrides: Sequence[str]) -> PipelineConfig:
    """The config of a run with other data in the place of its own.

    What is written as the training data was is read as that was; else its form is found out by
    looking at it, unless `overrides` say it.

    Args:
        run: The one that pushed the model.
        data: File, folder or pattern, absolute.
        overrides: `dotted.key=value`, of what bears on reading and judging.

    Raises:
        ValueError: If an override bears on something else, is wrong, or `data` cannot be read.
    """
    _check(overrides)
    path = run.folder / artifact_files.CONFIG
    own = loading.load(path)
    fields = {"path": str(data)}
    if not any(one.startswith(_KIND) for one in overrides):
        fields = _source(run.config["data"]["source"], data, tasks.reads(own.task))
    placed = loading.load(path, [f"data.source={json.dumps(fields)}", *overrides])
    if placed.task.kind != own.task.kind:
        raise ValueError(
            f"--set task.kind: the model learned {own.task.kind}, and no other kind can be judged. "
            f"Received: {placed.task.kind}"
        )
    return placed


def _check(overrides: Sequence[str]) -> None:
    for one in overrides:
        key = one.partition("=")[0]
        if not any(f"{key}.".startswith(f"{field}.") for field in _JUDGING):
            raise ValueError(
                f"--set {key}: plays no part where a model is only judged. Fields that do: "
                f"{', '.join(_JUDGING)}. Received: {one!r}"
            )


def _source(own: Mapping[str, Any], data: pathlib.Path, reads: str) -> dict[str, Any]:
    """Fields of `data.source` for other data."""
    if _is_alike(own, data):
        kept = {key: value for key, value in own.items() if key not in _OWN_PLACES}
        return {**kept, "path": str(data)}
    found = locating.locate_data(data)
    if isinstance(found, locating.Folder):
        return {"kind": "image_folder", "path": found.path}
    fields = {**dict(found.first.fields), "path": found.path}
    encoding = next((one.encoding for one in found.files if one.encoding), None)
    if encoding:
        fields["encoding"] = encoding
    if reads == "image" and fields["kind"] in _LISTS:
        kept = {key: fields[key] for key in ("path", "delimiter", "encoding") if key in fields}
        return {**kept, "kind": "image_table"}
    return fields


def _is_alike(own: Mapping[str, Any], data: pathlib.Path) -> bool:
    """Whether data seems to be written as the training data was, by names alone."""
    if "path" not in own:  # A sample.
        return False
    if own["kind"] == "image_folder":
        return data.is_dir()
    if data.is_dir():
        return bool(source_files.inside(data, own["kind"]))
    endings = source_files.SUFFIXES[own["kind"]]
    written = pathlib.PurePath(own["path"]).suffix
    return data.name.lower().endswith(endings) or (bool(written) and data.suffix == written)
