"""Read images that a table lists by path."""

import json
import pathlib
from collections.abc import Iterator

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, locate, names, source_files
from components.ingest.sources import delimited, headers, image_batch
from components.ingest.text import decoding, lines


def shards(
    source: config.ImageTableSource, base: str, wanted: columns.Wanted
) -> list[image_batch.Batch]:
    """Batches of the listed files. The table itself is small and read here.

    Raises:
        DataError: If the table, a column or the folder of images is missing.
    """
    if wanted.image is None:
        raise errors.DataError(
            "`data.source.kind` is image_table, but the task has no image. Received: the columns "
            f"{', '.join(wanted.names)}. Read tables of text with csv or tsv."
        )
    folder = (
        source_files.folder("data.source.images", source.images, base) if source.images else None
    )
    images: list[image_batch.ImageFile] = []
    rejected: list[row.Rejected] = []
    for file in source_files.find(source, base):
        locator = locate.Locator(folder or pathlib.Path(file.path).parent)
        for entry in _rows(source, file, wanted):
            found = _image(entry, locator, wanted.image) if isinstance(entry, row.Row) else entry
            if isinstance(found, row.Rejected):
                rejected.append(found)
            else:
                images.append(found)
    return image_batch.batches(wanted.image, images, rejected)


def read(
    source: config.ImageTableSource, batch: image_batch.Batch
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a batch."""
    del source
    return image_batch.read(batch)


def _rows(
    source: config.ImageTableSource, file: source_files.DataFile, wanted: columns.Wanted
) -> Iterator[row.Row | row.Rejected]:
    table = _table(source, file, wanted)
    for part in delimited.parts(table, file, wanted, _setting):
        yield from (columns.aligned(entry, wanted.names) for entry in delimited.read(table, part))


def _table(
    source: config.ImageTableSource, file: source_files.DataFile, wanted: columns.Wanted
) -> config.CsvSource:
    """The table as CSV with its delimiter."""
    part = lines.Part(file)
    contents.require_text(file, source.encoding)
    header = headers.first_line(part, decoding.Decoder(part, source.encoding))
    is_csv = file.path.lower().removesuffix(".gz").endswith(".csv")
    delimiter = source.delimiter or headers.dividing(header, wanted.names)
    delimiter = delimiter or ("," if is_csv else "\t")
    # Tabs need no quotes, so one at the start of a field is rather a character.
    quoting = delimiter != "\t" or header.startswith('"')
    return config.CsvSource(file.path, "csv", delimiter, source.encoding, quoting)


def _setting(delimiter: str) -> str:
    return f"`data.source.delimiter: {json.dumps(delimiter)}`"


def _image(
    entry: row.Row, locator: locate.Locator, column: str
) -> image_batch.ImageFile | row.Rejected:
    path = entry.values[column]
    where = f"{entry.where} {names.shown(path)}"
    try:
        # Tables from Windows may divide folders by backslashes.
        found = locator.find(path) or locator.find(path.replace("\\", "/"))
    except errors.DataError as error:
        return row.Rejected(where, str(error))
    others = {name: value for name, value in entry.values.items() if name != column}
    return image_batch.listed(found or locator.place(path), where, others, entry.split)
