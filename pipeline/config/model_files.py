"""Files that a model is made from: where they are, and which they are."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from models import zoo
from models.entry import NamedFile, Place
from models.tuning.config import SearchRange
from pipeline.config import relative_paths
from pipeline.config.problems import Problem
from pipeline.config.salvage import Unknown
from pipeline.config.sections import LearnerConfig, PipelineConfig


def place(config: PipelineConfig, base: pathlib.Path) -> PipelineConfig:
    """The config with absolute paths in `model`, and among the values that `tuning` tries there.

    Args:
        config: Whose files they are.
        base: Folder that relative paths start from.
    """
    files = zoo.MODELS[config.model.kind].files
    fields: dict[str, Any] = {
        field: _PLACES[named.place](getattr(config.model, field), base)
        for field, named in files.items()
        if getattr(config.model, field) is not None
    }
    model, tuning = dataclasses.replace(config.model, **fields), config.tuning
    if tuning is not None:
        space = {
            path: _place_searched(files.get(path.removeprefix("model.")), one, base)
            if path.startswith("model.")
            else one
            for path, one in tuning.space.items()
        }
        tuning = dataclasses.replace(tuning, space=space)
    return dataclasses.replace(config, model=model, tuning=tuning)


def _place_searched(
    named: NamedFile | None, searched: SearchRange, base: pathlib.Path
) -> SearchRange:
    if named is None or searched.values is None:
        return searched
    values = (_PLACES[named.place](v, base) if isinstance(v, str) else v for v in searched.values)
    return dataclasses.replace(searched, values=tuple(values))


def missing(config: PipelineConfig, base: pathlib.Path) -> Iterator[Problem]:
    """What the model, or a trial's, would be made from and is not there.

    Args:
        config: A `PipelineConfig`, or what `salvage` made of one.
        base: Folder that relative paths start from.
    """
    for field, named in zoo.MODELS[config.model.kind].files.items():
        tried = [(f"model.{field}", getattr(config.model, field))]
        with contextlib.suppress(Unknown):  # What is wrong with the search is told by itself.
            searched = config.tuning and config.tuning.space.get(f"model.{field}")
            for value in (searched and searched.values) or ():
                tried.append((f"tuning.space.model.{field}", value))
        for path, value in tried:
            if isinstance(value, str):
                try:
                    named.require(config.model, _PLACES[named.place](value, base))
                except ValueError as error:
                    yield Problem(path, str(error))


def list_files(learner: LearnerConfig) -> Iterator[pathlib.Path]:
    """The files and folders that a learner's models are made from.

    Args:
        learner: With absolute paths.
    """
    for field in zoo.MODELS[learner.model.kind].files:
        searched = learner.tuning and learner.tuning.space.get(f"model.{field}")
        for value in (getattr(learner.model, field), *((searched and searched.values) or ())):
            if isinstance(value, str) and pathlib.PurePath(value).is_absolute():
                yield pathlib.Path(value)


def _place_handle(handle: str, base: pathlib.Path) -> str:
    return handle if "://" in handle else relative_paths.place_saved_model(handle, base)


def _place_weights(weights: str, base: pathlib.Path) -> str:
    return weights if weights in ("pretrained", "none") else relative_paths.place(weights, base)


_PLACES: dict[Place, Callable[[str, pathlib.Path], str]] = {
    "file": relative_paths.place,
    "module": _place_handle,
    "preset": relative_paths.place_preset,
    "weights": _place_weights,
}
"""How what a field of `model` names is made absolute, by what lies there."""
