"""Read images that a table lists by path."""

import pathlib
from collections.abc import Iterator

from components.ingest import columns, config, errors, files, row
from components.ingest.sources import delimited, image_batch


def shards(
    source: config.ImageTableSource, base: str, wanted: columns.Wanted
) -> list[image_batch.Batch]:
    """Batches of the listed files. The table itself is small and read here.

    Raises:
        DataError: If the table, a column or the folder of images is missing.
    """
    if wanted.image is None:
        raise errors.DataError(
            "`data.source.kind` is image_table, but the task has no image. "
            "Read tables of text with csv or tsv."
        )
    folder = pathlib.Path(base, source.images) if source.images else None
    if folder and not folder.is_dir():
        missing = files.explain_missing(folder, str(source.images), ())
        raise errors.DataError(missing.replace("data.source.path", "data.source.images"))
    images, rejected = [], []
    for file in files.find(source.path, base, (".csv", ".tsv")):
        root = folder or pathlib.Path(file.path).parent
        for entry in _rows(source, file, wanted):
            if isinstance(entry, row.Rejected):
                rejected.append(entry)
            else:
                images.append(_image(entry, root, wanted.image))
    return image_batch.batches(wanted.image, images, rejected)


def read(
    source: config.ImageTableSource, batch: image_batch.Batch
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a batch."""
    del source
    return image_batch.read(batch)


def _rows(
    source: config.ImageTableSource, file: files.DataFile, wanted: columns.Wanted
) -> Iterator[row.Row | row.Rejected]:
    is_csv = file.path.removesuffix(".gz").endswith(".csv")
    kind = config.CsvSource if is_csv else config.TsvSource
    table = kind(path=file.path, encoding=source.encoding)
    for part in delimited.shards(table, "", wanted):
        yield from delimited.read(table, part)


def _image(entry: row.Row, root: pathlib.Path, column: str) -> image_batch.ImageFile:
    listed = entry.values[column]
    path = root / listed
    size = path.stat().st_size if path.is_file() else 0
    others = {name: value for name, value in entry.values.items() if name != column}
    where = f"{entry.where} {listed}"
    return image_batch.ImageFile(str(path.absolute()), where, others, entry.split, size)
