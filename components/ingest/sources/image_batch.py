"""Read batches of image files; shared by the folder and the table of images."""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from components.ingest import row
from components.ingest.files import missing, names

BATCH_IMAGES = 64
MAX_FILE_BYTES = 256 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class ImageFile:
    """One image to read, with the other columns of its row."""

    path: str
    """Absolute path."""
    where: str
    """How people are told about it."""
    values: Mapping[str, str]
    """The other columns."""
    split: str | None
    """Split the data names for it."""
    size: int
    """Bytes, 0 if the file is missing."""


@dataclasses.dataclass(frozen=True)
class Batch:
    """Images that one worker reads, and what was rejected while listing them."""

    column: str
    """Column that receives the encoded image."""
    images: tuple[ImageFile, ...]
    rejected: tuple[row.Rejected, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to read."""
        return sum(image.size for image in self.images)


def listed(
    path: pathlib.Path, where: str, values: Mapping[str, str], split: str | None
) -> ImageFile:
    """An image as a folder or a table lists it; what is wrong with it is told when it is read."""
    try:
        size = os.stat(path).st_size
    except (OSError, ValueError):
        size = 0
    return ImageFile(str(path.absolute()), where, values, split, size)


def batches(
    column: str, images: Sequence[ImageFile], rejected: Sequence[row.Rejected]
) -> list[Batch]:
    """Divide images into batches in an order without pattern, so that any part is a sample."""
    ordered = sorted(images, key=lambda image: hashlib.blake2b(image.where.encode()).digest())
    found = [
        Batch(column, tuple(ordered[start : start + BATCH_IMAGES]))
        for start in range(0, len(ordered), BATCH_IMAGES)
    ]
    return [*found, Batch(column, (), tuple(rejected))] if rejected else found


def read(batch: Batch) -> Iterator[row.Row | row.Rejected]:
    """The rows of a batch, images still as their files hold them."""
    yield from batch.rejected
    for image in batch.images:
        if image.size > MAX_FILE_BYTES:
            yield row.Rejected(image.where, f"a file of {image.size / 1e6:.0f} MB")
            continue
        try:
            data = _content(pathlib.Path(image.path))
        except (OSError, ValueError) as error:  # The latter for a zero byte in a table's path.
            reason = f"{getattr(error, 'strerror', None) or error}: {names.shown(image.path)}"
            yield row.Rejected(image.where, reason, row.excerpt(str(dict(image.values))))
            continue
        yield row.Row({**image.values, batch.column: data}, image.where, image.split)


def _content(path: pathlib.Path) -> bytes:
    if path.exists() and (kind := missing.special(path)):
        # To read a pipe or a device would wait for ever.
        raise OSError(f"{kind} and no file")
    return path.read_bytes()
