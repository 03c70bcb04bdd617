"""A cheap fingerprint of the data, so that unchanged data comes from cache."""

import hashlib
import pathlib
from typing import Any

from components.ingest import config
from components.ingest.samples import table as samples

_FORMAT = "1"


def fingerprint(data: config.DataConfig, base: str, samples_dir: str) -> str:
    """Hash of the names, sizes and modification times of all files of a source.

    Files are not opened. A sample is identified by the versions of the libraries it
    is made from. Missing files give a fingerprint too; reading them is the error.

    Args:
        data: The `data` section.
        base: Folder that relative paths start from.
        samples_dir: Folder for sample data, whose files are made from those versions.

    Returns:
        32 hexadecimal digits.
    """
    state = hashlib.blake2b(_FORMAT.encode(), digest_size=16)
    del samples_dir
    if isinstance(data.source, config.SampleSource):
        state.update(samples.versions(data.source.name).encode())
        return state.hexdigest()
    for place in _places(data.source):
        for file in _files(pathlib.Path(base), place):
            found = file.stat()
            name = file.relative_to(base) if file.is_relative_to(base) else file
            state.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _places(source: Any) -> list[str]:
    """The path, and for a table of images their folder."""
    if not isinstance(source, config.ImageTableSource):
        return [source.path]
    return [source.path, source.images or str(pathlib.PurePath(source.path).parent)]


def _files(base: pathlib.Path, place: str) -> list[pathlib.Path]:
    where = base / place
    if where.is_file():
        return [where]
    if where.is_dir():
        return sorted(file for file in where.rglob("*") if file.is_file())
    pattern = pathlib.PurePath(place)
    root = pathlib.Path(pattern.anchor) if pattern.is_absolute() else base
    inner = pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern
    return sorted(file for file in root.glob(str(inner)) if file.is_file())
