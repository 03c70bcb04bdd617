"""What `maru rollback` does: serve an older version again."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

from components.push import push
from pipeline import past_runs, paths, pushed_models
from pipeline.runtime import lock
from serving.repository import storage


def rollback(workspace: pathlib.Path, name: str, to: int | None) -> str:
    """Push an older version once more, under a new number, and say so.

    Every version was blessed before it was pushed. Servers take the highest number, so the older
    model is copied above the newest; nothing is lost, and TensorFlow Serving needs no other config.

    Args:
        workspace: Where models are pushed to.
        name: Of the model.
        to: The version; None for the model that was served before this one.

    Raises:
        ValueError: If there is no such model or version, or a run is in progress.
    """
    where = paths.Paths(paths.workspace(workspace), name)
    pushed_models.newest(where)
    with lock.hold(where.lock):
        versions = storage.find_versions(where.served)
        sources = {
            number: past_runs.source(folder) or str(folder) for number, folder in versions.items()
        }
        newest = max(versions)
        if to is None:
            to = _before(sources, name)
        if to not in versions:
            raise ValueError(
                f"--to: {name!r} has no version {to}. Versions: {_listed(versions)}. Received: {to}"
            )
        version, is_new = push.push(versions[to], where.served, sources[to])
    if not is_new:
        return f"{name}: version {version} already serves the model of version {to}."
    return (
        f"{name}: version {version} serves the model of version {to} instead of {newest}. "
        "A running server takes it up by itself.\n"
        f"back again: maru rollback {name} --to {newest}"
    )


def _before(sources: dict[int, str], name: str) -> int:
    """The last version before the one that first held the served model."""
    served = sources[max(sources)]
    first = min(number for number, source in sources.items() if source == served)
    older = [number for number in sources if number < first]
    if not older:
        raise ValueError(
            f"{name!r} has no version before the served model's, which was first pushed as "
            f"{first}. Versions: {_listed(sources)}. Choose one with --to."
        )
    return max(older)


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(versions))
