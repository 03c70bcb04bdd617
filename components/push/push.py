"""Put a model version where servers look for it, all at once or not at all."""

import os
import pathlib
import shutil
import time

SOURCE_FILE = "assets.extra/maru_source"
"""File inside a pushed version that names the model it was copied from."""


def push(model: pathlib.Path, destination: pathlib.Path, source: str) -> tuple[int, bool]:
    """Copy a SavedModel to a new version folder of `destination`.

    The copy is made under a name servers ignore, flushed to disk and renamed, so a killed run or
    a full disk leaves no half-written version. If the newest version already holds this
    model, nothing is copied.

    Args:
        model: Folder with `saved_model.pb`.
        destination: Folder of integer version folders.
        source: What identifies the model, compared with the newest version's.

    Returns:
        The version that now serves the model, and whether it is new.
    """
    destination.mkdir(parents=True, exist_ok=True)
    for leftover in destination.glob(".incoming-*"):
        shutil.rmtree(leftover)
    newest = max(versions(destination), default=0)
    if newest and _source_of(destination / str(newest)) == source:
        return newest, False
    version = max(int(time.time()), newest + 1)
    incoming = destination / f".incoming-{version}"
    shutil.copytree(model, incoming)
    note = incoming / SOURCE_FILE
    note.parent.mkdir(exist_ok=True)
    note.write_text(source)
    for file in incoming.rglob("*"):
        _flush(file)
    os.rename(incoming, destination / str(version))
    _flush(destination)
    return version, True


def versions(destination: pathlib.Path) -> list[int]:
    """Version numbers in `destination`, ascending."""
    return sorted(int(p.name) for p in destination.iterdir() if p.is_dir() and p.name.isdigit())


def _source_of(version: pathlib.Path) -> str | None:
    note = version / SOURCE_FILE
    return note.read_text() if note.is_file() else None


def _flush(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
