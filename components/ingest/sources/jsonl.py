"""Read one JSON object a line."""

import itertools
import json
from collections.abc import Iterator

from components.ingest import columns, config, contents, decoding, files, lines, row

_PEEK = 100


def shards(source: config.JsonlSource, base: str, wanted: columns.Wanted) -> list[lines.Part]:
    """Files, or parts of large ones.

    Raises:
        DataError: If files are missing, or the first rows of one lack a column altogether.
    """
    found = []
    for file in files.find(source.path, base, (".jsonl", ".jsonl.gz")):
        contents.require_text(file, source.encoding)
        first = itertools.islice(read(source, lines.Part(file)), _PEEK)
        rows = [entry.values for entry in first if isinstance(entry, row.Row)]
        if rows:
            # Keys may be left out of single rows, so the first row alone tells too little.
            present = list(dict.fromkeys(key for values in rows for key in values))
            columns.require(present, wanted.names, file.name)
        found += lines.divide(file)
    return found


def read(source: config.JsonlSource, part: lines.Part) -> Iterator[row.Row | row.Rejected]:
    """The rows of a part. Blank lines are no rows."""
    decode = decoding.Decoder(part, source.encoding)
    for line in lines.read(part):
        if isinstance(line, row.Rejected):
            yield line
            continue
        if not line.raw.strip():
            continue
        where = f"{part.file.name}:{line.number}"
        try:
            values = json.loads(decode(line))
            if not isinstance(values, dict):
                raise row.BadRow(f"expected a JSON object, received {type(values).__name__}")
            yield row.Row(values, where, part.split)
        except (row.BadRow, ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, row.BadRow) else f"not JSON: {error}"
            yield row.Rejected(where, reason, row.excerpt(line.raw))
