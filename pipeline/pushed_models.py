"""Models that were pushed, found by name."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from pipeline import did_you_mean
from pipeline.paths import Paths
from serving import errors
from serving.repository import storage

if TYPE_CHECKING:  # Imports TensorFlow.
    from serving.execution import saved_model

_TRAIN = "Train one with `maru run CONFIG`."


@dataclasses.dataclass(frozen=True)
class PushedModel:
    """One version that can be served."""

    name: str
    """Of the model."""
    version: int
    """Its number."""
    folder: pathlib.Path
    """Its folder."""


def find(where: Paths) -> PushedModel | None:
    """The newest version of a model that can be served, if there is any."""
    versions = storage.find_versions(where.served)
    return PushedModel(where.name, max(versions), versions[max(versions)]) if versions else None


def newest(where: Paths, remedy: str = _TRAIN) -> PushedModel:
    """The newest version of a model that can be served.

    Args:
        where: Folders of the pipeline that pushes it.
        remedy: What to do if there is none.

    Raises:
        ValueError: If there is no such model, or none of its versions is complete.
    """
    found = find(where)
    if found is not None:
        return found
    names = sorted(_names(where.served_models))
    if where.name in names:
        raise ValueError(
            f"{where.served} has no version of {where.name!r} with a saved_model.pb. {remedy}"
        )
    raise ValueError(
        f"No model {where.name!r} was pushed to {where.served_models}."
        f"{did_you_mean.hint(where.name, names)} Pushed models: {', '.join(names) or 'none'}. "
        f"{remedy}"
    )


def load(pushed: PushedModel) -> saved_model.SavedModelPredictor:
    """Load a version into this process.

    Raises:
        ValueError: If it is damaged.
    """
    from serving.execution import saved_model

    try:
        return saved_model.SavedModelPredictor(pushed.folder)
    except errors.ServingError as error:
        raise ValueError(
            f"{pushed.folder} cannot be loaded: {error.text} Remove this version, or push another "
            "one with `maru run`."
        ) from error


def _names(folder: pathlib.Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
