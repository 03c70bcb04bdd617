"""Read serialized tf.Examples, such as another pipeline wrote."""

import gzip
import itertools
from collections.abc import Iterator

from components import tfrecord
from components.ingest import columns, config, errors, row, tfexample
from components.ingest.files import source_files
from components.ingest.text import lines


def shards(source: config.TfrecordSource, base: str, wanted: columns.Wanted) -> list[lines.Part]:
    """Whole files: the position of a record is known only after the one before it.

    Raises:
        DataError: If files are missing, or the first rows of one lack a column altogether.
    """
    found = []
    for file in source_files.find(source, base):
        part = lines.Part(file)
        first = itertools.islice(read(source, part), 10)
        rows = [entry.values for entry in first if isinstance(entry, row.Row)]
        if rows:
            present = list(dict.fromkeys(key for values in rows for key in values))
            columns.require(present, wanted.names, file.name)
        found.append(part)
    return found


def read(source: config.TfrecordSource, part: lines.Part) -> Iterator[row.Row | row.Rejected]:
    """The rows of a file.

    Raises:
        DataError: If the file is damaged; what follows the damage cannot be found.
    """
    del source  # TFRecord files describe themselves.
    number = 0
    try:
        with open(part.file.path, "rb") as raw:
            zipped = raw.peek(2)[:2] == source_files.GZIP_MAGIC
            stream = gzip.GzipFile(fileobj=raw) if zipped else raw
            for data in tfrecord.read(stream):
                number += 1
                where = f"{part.file.name}:{number}"
                try:
                    yield row.Row(tfexample.parse(data), where, part.split)
                except row.BadRow as error:
                    yield row.Rejected(where, str(error), row.excerpt(data))
    except (tfrecord.DamagedFile, *source_files.DAMAGE) as error:
        raise errors.DataError(f"{part.file.name}: after record {number}: {error}.") from error
