"""Find the files of a source, and open them without loading them."""

import dataclasses
import gzip
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from components.ingest import errors, splits
from components.ingest.files import locate, missing, names

DAMAGE = (OSError, EOFError, zlib.error)
SUFFIXES = {
    "csv": (".csv", ".csv.gz"),
    "tsv": (".tsv", ".tsv.gz"),
    "jsonl": (".jsonl", ".jsonl.gz"),
    "conll": tuple(
        ending + compressed
        for ending in (".txt", ".conll", ".conllu", ".tsv", ".iob", ".iob2", ".bio", ".bioes")
        for compressed in ("", ".gz")
    ),
    "text": (".txt", ".txt.gz"),
    "aligned": (),
    "squad": (".json", ".json.gz"),
    "parquet": (".parquet",),
    "tfrecord": (),
    "image_table": (".csv", ".tsv", ".csv.gz", ".tsv.gz"),
}
"""Endings that are looked for in a folder, by kind of source; none for all but descriptions."""
_DESCRIPTIONS = (".json", ".yaml", ".yml", ".md", ".txt", ".pbtxt", ".py")
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


def find(source: Any, base: str) -> tuple[DataFile, ...]:
    """Resolve `data.source.path`.

    Args:
        source: A source of files; its `path` is a file, a folder or a glob.
        base: Folder that relative paths start from.

    Raises:
        DataError: If nothing is there, a file is empty, or only some files name a split.
    """
    root, found = _found(source, base)
    for file in found:
        if odd := missing.oddity(file):
            raise errors.DataError(f"`data.source.path`: {names.shown(file)} {odd}.")
    files = [_describe(f, root) for f in found]
    empty = [f.name for f in files if not f.size]
    if empty:
        raise errors.DataError(
            f"`data.source.path`: {', '.join(empty[:5])} is empty (0 bytes). "
            "Delete it, or write it again."
        )
    return tuple(_named_together(files))


def listed(source: Any, base: str) -> list[pathlib.Path]:
    """The files that `find` looks at, by name alone.

    Args:
        source: A source of files.
        base: Folder that relative paths start from.

    Raises:
        DataError: If nothing is there.
    """
    return _found(source, base)[1]


def folder(field: str, path: str, base: str) -> pathlib.Path:
    """The folder that a field of the config names.

    Args:
        field: Dotted.
        path: As written there.
        base: Folder that relative paths start from.

    Raises:
        DataError: If it is not there, or no folder.
    """
    found = locate.Locator(base).find(path)
    if found is None or not found.is_dir() or missing.oddity(found):
        raise errors.DataError(missing.explain(field, path, base, "folder"))
    return found


def inside(root: pathlib.Path, kind: str) -> list[pathlib.Path]:
    """The files that a source of this kind reads where its path is the folder `root`, sorted."""
    return sorted(f for f in _inside(root) if _fits(f.name.lower(), SUFFIXES[kind]))


def open_binary(path: str) -> BinaryIO:
    """Open a file, through gzip if it is gzipped, whatever its name."""
    if is_gzipped(path):
        return cast(BinaryIO, gzip.open(path, "rb"))
    return open(path, "rb")


def is_gzipped(path: str) -> bool:
    """Whether the first bytes of a file are gzip's."""
    with open(path, "rb") as stream:
        return stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def _found(source: Any, base: str) -> tuple[pathlib.Path, list[pathlib.Path]]:
    """The folder that names are shown from, and the files."""
    path, suffixes = source.path, SUFFIXES[source.kind]
    locator = locate.Locator(base)
    where = locator.find(path)
    if where is None:
        root, found = pathlib.Path(base), locator.match(path)
    elif where.is_dir() and not missing.oddity(where):
        root, found = where, inside(where, source.kind)
        if not found:
            raise errors.DataError(missing.no_files("data.source.path", where, suffixes))
    else:
        root, found = where.parent, [where] if where.is_file() else []
    if not found:
        raise errors.DataError(missing.explain("data.source.path", path, base))
    return root, sorted(found)


def _fits(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.endswith(suffixes) if suffixes else not name.endswith(_DESCRIPTIONS)


def _inside(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Files in a folder and those in it."""
    for inner in locate.below(folder):
        # _SUCCESS, _delta_log and the like are no data.
        if not any(part.startswith("_") for part in inner.relative_to(folder).parts):
            yield from (file for file in names.files(inner) if not file.name.startswith("_"))


def _describe(file: pathlib.Path, root: pathlib.Path) -> DataFile:
    try:
        inner = file.relative_to(root)
    except ValueError:
        inner = pathlib.Path(file.name)
    folders = [splits.named(part) for part in inner.parts[:-1]]
    split = next((s for s in folders if s), None) or splits.named_by_file(file.name)
    size = file.stat().st_size
    return DataFile(str(file.absolute()), names.shown(inner.as_posix()), split, size)


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
