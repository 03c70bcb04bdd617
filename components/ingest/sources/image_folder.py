"""Read images from one folder per class, perhaps above or below one folder per split."""

import pathlib
from collections.abc import Iterator

from components.ingest import columns, config, errors, row
from components.ingest.files import locate, names, source_files
from components.ingest.sources import class_folders, image_batch


def shards(
    source: config.ImageFolderSource, base: str, wanted: columns.Wanted
) -> list[image_batch.Batch]:
    """Batches of files.

    Raises:
        DataError: If the folder is missing or holds no class folders with files.
    """
    root = source_files.folder("data.source.path", source.path, base)
    columns.require(["image", "label", "folder"], wanted.names, f"the image folder {source.path}")
    tree = class_folders.find(root, source.path)
    images, rejected = [], list(tree.rejected)
    for folder in tree.classes:
        found = [_image(file, root, folder) for file in _files(folder.path)]
        images += found
        if not found:
            where = names.shown(folder.path.relative_to(root).as_posix())
            rejected.append(row.Rejected(where, "a class folder without any file"))
    if not images:
        raise errors.DataError(
            f"`data.source.path`: the class folders in {names.shown(root)} hold no files."
        )
    return image_batch.batches("image", images, rejected)


def read(
    source: config.ImageFolderSource, batch: image_batch.Batch
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a batch."""
    del source
    return image_batch.read(batch)


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Files below a class folder."""
    for inner in locate.below(folder):
        yield from names.files(inner)


def _image(
    path: pathlib.Path, root: pathlib.Path, folder: class_folders.ClassFolder
) -> image_batch.ImageFile:
    where = names.shown(path.relative_to(root).as_posix())
    inner = path.parent.relative_to(folder.path)
    # A name that is not UTF-8 tells images apart as well as another.
    shown = "" if inner == pathlib.Path() else names.shown(inner.as_posix())
    values = {"label": folder.name, "folder": shown}
    return image_batch.listed(path, where, values, folder.split)
