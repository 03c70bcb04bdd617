"""Files that a model is made from: where they are, and which they are."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.config import relative_paths


def place(config: Any, base: pathlib.Path) -> Any:
    """The config with absolute paths in `model`, and among the values that `tuning` tries there.

    Args:
        config: A `PipelineConfig`.
        base: Folder that relative paths start from.
    """
    model = {
        field: make_absolute(getattr(config.model, field), base)
        for field, make_absolute in _PATHS.items()
        if isinstance(getattr(config.model, field, None), str)
    }
    changed = {"model": dataclasses.replace(config.model, **model)} if model else {}
    if config.tuning is not None:
        space = {
            path: _place_searched(path, one, base) for path, one in config.tuning.space.items()
        }
        changed["tuning"] = dataclasses.replace(config.tuning, space=space)
    return dataclasses.replace(config, **changed)


def _place_searched(path: str, searched: Any, base: pathlib.Path) -> Any:
    make_absolute = _PATHS.get(path.removeprefix("model.")) if path.startswith("model.") else None
    if make_absolute is None or searched.values is None:
        return searched
    values = (make_absolute(v, base) if isinstance(v, str) else v for v in searched.values)
    return dataclasses.replace(searched, values=tuple(values))


def list_files(learner: Any) -> Iterator[pathlib.Path]:
    """The files and folders that a learner's models are made from.

    Args:
        learner: A `LearnerConfig` whose paths are absolute.
    """
    for field in _PATHS:
        searched = learner.tuning and learner.tuning.space.get(f"model.{field}")
        for value in (getattr(learner.model, field, None), *((searched and searched.values) or ())):
            if isinstance(value, str) and pathlib.PurePath(value).is_absolute():
                yield pathlib.Path(value)


def _place_handle(handle: str, base: pathlib.Path) -> str:
    return handle if "://" in handle else relative_paths.place_saved_model(handle, base)


def _place_weights(weights: str, base: pathlib.Path) -> str:
    return weights if weights in ("pretrained", "none") else relative_paths.place(weights, base)


_PATHS: dict[str, Callable[[str, pathlib.Path], str]] = {
    "preset": relative_paths.place_preset,
    "handle": _place_handle,
    "weights": _place_weights,
    "tokenizer_file": relative_paths.place,
}
"""Fields of `model` that may name a file or a folder, and how each is made absolute."""
