"""A cheap fingerprint of the data, so that unchanged data comes from cache."""

import contextlib
import hashlib
import pathlib
from collections.abc import Iterator, Sequence

from components.ingest import columns, config, errors, reading
from components.ingest.files import source_files
from components.ingest.samples import table as samples

_FORMAT = "4"
_IMAGES = ("image_folder", "image_table")
"""Sources whose images are files of their own."""


def fingerprint(data: config.DataConfig, features: Sequence[config.Feature], base: str) -> str:
    """Hash of the names, sizes and modification times of all files that a source reads.

    Files are not opened, but for a table that lists images. A sample is identified by the
    versions of the libraries it is made from. Missing files give a fingerprint too; reading
    them is the error.

    Args:
        data: The `data` section.
        features: Columns the task needs.
        base: Folder that relative paths start from.

    Returns:
        32 hexadecimal digits.
    """
    state = hashlib.blake2b(_FORMAT.encode(), digest_size=16)
    if isinstance(data.source, config.SampleSource):
        state.update(samples.versions(data.source.name).encode())
        return state.hexdigest()
    with contextlib.suppress(errors.DataError):  # Reading fails with the same.
        for told in _told(data, features, base):
            state.update(told.encode("utf-8", "surrogatepass") + b"\n")
    return state.hexdigest()


def _told(data: config.DataConfig, features: Sequence[config.Feature], base: str) -> Iterator[str]:
    """What is known of each file, without opening it."""
    if not isinstance(data.source, config.ImageFolderSource):
        yield from (_stamp(file, base) for file in source_files.listed(data.source, base))
    if data.source.kind in _IMAGES:
        wanted = columns.wanted(features, data.split)
        for batch in reading.open_source(data.source, base, "", wanted).shards:
            for image in batch.images:
                yield f"{image.where}\0{_stamp(pathlib.Path(image.path), base)}"
            for rejected in batch.rejected:
                yield f"{rejected.where}\0{rejected.reason}"


def _stamp(file: pathlib.Path, base: str) -> str:
    name = file.relative_to(base) if file.is_relative_to(base) else file
    try:
        found = file.stat()
    except (OSError, ValueError):
        return f"{name}\0missing"
    return f"{name}\0{found.st_size}\0{found.st_mtime_ns}"
