"""Read images from one folder per class, perhaps below one folder per split."""

import os
import pathlib
from collections.abc import Iterator

from components.ingest import columns, config, errors, files, row, splits
from components.ingest.sources import image_batch

_SYSTEM_FILES = ("thumbs.db", "desktop.ini")


def shards(
    source: config.ImageFolderSource, base: str, wanted: columns.Wanted
) -> list[image_batch.Batch]:
    """Batches of files.

    Raises:
        DataError: If the folder is missing or holds no class folders with files.
    """
    root = pathlib.Path(base, source.path)
    if not root.is_dir():
        raise errors.DataError(files.explain_missing(root, source.path, ()))
    columns.require(["image", "label"], wanted.names, f"the image folder {source.path}")
    classes = list(_class_folders(root))
    if not classes:
        raise errors.DataError(
            f"`data.source.path`: {root} has no sub-folders. Expected one folder per class, with "
            "the images of that class in it."
        )
    images, rejected = [], []
    for split, folder in classes:
        found = [_image(path, root, split, folder.name) for path in _walk(folder, set())]
        images += found
        if not found:
            where = folder.relative_to(root).as_posix()
            rejected.append(row.Rejected(where, "a class folder without any file"))
    if not images:
        raise errors.DataError(f"`data.source.path`: the class folders in {root} hold no files.")
    return image_batch.batches("image", images, rejected + list(_strays(root)))


def read(
    source: config.ImageFolderSource, batch: image_batch.Batch
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a batch."""
    del source
    return image_batch.read(batch)


def _class_folders(root: pathlib.Path) -> Iterator[tuple[str | None, pathlib.Path]]:
    """Split and folder of each class."""
    tops = _folders(root)
    named = [top for top in tops if splits.named(top.name) and _folders(top)]
    if named and len(named) < len(tops):
        others = ", ".join(top.name for top in tops if top not in named)
        raise errors.DataError(
            f"`data.source.path`: beside the split folder {named[0].name!r} there are other "
            f"folders: {others}. Expected either split folders alone (train, eval, test) with "
            "class folders in them, or class folders alone."
        )
    if not named:
        yield from ((None, top) for top in tops)
    for top in named:
        yield from ((splits.named(top.name), folder) for folder in _folders(top))


def _folders(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.startswith("."))


def _strays(root: pathlib.Path) -> Iterator[row.Rejected]:
    """Files that lie beside class folders instead of in one."""
    parents = {root, *(folder.parent for _, folder in _class_folders(root))}
    for parent in sorted(parents):
        for entry in sorted(parent.iterdir()):
            if entry.is_file() and not _is_system(entry.name):
                where = entry.relative_to(root).as_posix()
                yield row.Rejected(where, "lies outside of the class folders")


def _walk(folder: pathlib.Path, seen: set[str]) -> Iterator[pathlib.Path]:
    """Files below a folder, through links but not in circles."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    for entry in sorted(folder.iterdir()):
        if _is_system(entry.name):
            continue
        if entry.is_dir():
            yield from _walk(entry, seen)
        else:
            yield entry


def _is_system(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def _image(
    path: pathlib.Path, root: pathlib.Path, split: str | None, label: str
) -> image_batch.ImageFile:
    # A broken link has no size; reading it gives the reason.
    size = path.stat().st_size if path.exists() else 0
    where = path.relative_to(root).as_posix()
    return image_batch.ImageFile(str(path.absolute()), where, {"label": label}, split, size)
