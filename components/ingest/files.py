"""Find the files of a source, and open them without loading them."""

import dataclasses
import glob
import gzip
import pathlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from components.ingest import errors, splits

DAMAGE = (OSError, EOFError, zlib.error)
GZIP_MAGIC = b"\x1f\x8b"


@dataclasses.dataclass(frozen=True)
class DataFile:
    """One file of a source."""

    path: str
    """Absolute path."""
    name: str
    """Path as shown to people, relative to the folder the source names."""
    split: str | None
    """Split its name or folder stands for, when all files of the source name one."""
    size: int
    """Bytes on disk."""


def find(path: str, base: str, suffixes: tuple[str, ...]) -> tuple[DataFile, ...]:
    """Resolve `data.source.path`.

    Args:
        path: File, folder or glob.
        base: Folder that relative paths start from.
        suffixes: Endings to look for in a folder; empty for all files.

    Raises:
        DataError: If nothing is there, a file is empty, or only some files name a split.
    """
    where = pathlib.Path(base, path)
    if where.is_file():
        root, found = where.parent, [where]
    elif where.is_dir():
        root = where
        found = [f for f in _walk(where) if f.name.lower().endswith(suffixes or ("",))]
    else:
        # Hidden files stay hidden, and `**` crosses folders.
        root = pathlib.Path(base)
        found = [f for f in map(pathlib.Path, glob.glob(str(where), recursive=True)) if f.is_file()]
    if not found:
        raise errors.DataError(explain_missing(where, path, suffixes))
    files = [_describe(f, root) for f in sorted(found)]
    empty = [f.name for f in files if not f.size]
    if empty:
        raise errors.DataError(
            f"`data.source.path`: {', '.join(empty[:5])} is empty (0 bytes). "
            "Delete it, or write it again."
        )
    return tuple(_named_together(files))


def open_binary(path: str) -> BinaryIO:
    """Open a file, through gzip if it is gzipped, whatever its name."""
    if is_gzipped(path):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return open(path, "rb")


def is_gzipped(path: str) -> bool:
    """Whether the first bytes of a file are gzip's."""
    with open(path, "rb") as stream:
        return stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def _walk(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "_")):
            continue  # .ipynb_checkpoints, _SUCCESS and the like are no data.
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _describe(file: pathlib.Path, root: pathlib.Path) -> DataFile:
    try:
        inner = file.relative_to(root)
    except ValueError:
        inner = pathlib.Path(file.name)
    folders = [splits.named(part) for part in inner.parts[:-1]]
    split = next((s for s in folders if s), None) or splits.named_by_file(file.name)
    return DataFile(str(file.resolve()), inner.as_posix(), split, file.stat().st_size)


def _named_together(files: list[DataFile]) -> list[DataFile]:
    """Splits named by files count only when every file names one."""
    if len({f.split for f in files}) == 1:
        # One name for everything tells nothing: a lone `test.csv` is just a file.
        return [dataclasses.replace(f, split=None) for f in files]
    unnamed = [f.name for f in files if f.split is None]
    named = [f.name for f in files if f.split is not None]
    if named and unnamed:
        raise errors.DataError(
            f"`data.source.path`: some files name a split ({', '.join(named[:3])}) and others do "
            f"not ({', '.join(unnamed[:3])}), so it is unclear what is train data. Narrow the "
            "path to the files you mean, for example with a glob, or rename them."
        )
    return files


def explain_missing(where: pathlib.Path, path: str, suffixes: tuple[str, ...]) -> str:
    """The message for a path at which there is nothing to read, with a spelling hint."""
    if where.is_dir():
        wanted = " or ".join(suffixes) or "any"
        return (
            f"`data.source.path`: no {wanted} files in the folder {where}. "
            f"{errors.hint('', [f.name for f in where.iterdir()])}"
        )
    # The first missing step of the path is where the typing error is.
    parent = where
    while not parent.parent.is_dir() and parent != parent.parent:
        parent = parent.parent
    neighbours = [f.name for f in parent.parent.iterdir()]
    return (
        f"`data.source.path`: {path!r} does not exist; there is no {parent.name!r} in "
        f"{parent.parent}. {errors.hint(parent.name, neighbours)}"
    )
