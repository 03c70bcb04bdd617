"""Read one JSON object a line, or a JSON document of objects."""

import itertools
from collections.abc import Iterator

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.sources import delimited, headers, json_document, json_text
from components.ingest.text import decoding, lines

_PEEK = 100

Shard = lines.Part | json_document.Document


def shards(source: config.JsonlSource, base: str, wanted: columns.Wanted) -> list[Shard]:
    """Files, or parts of large ones.

    Raises:
        DataError: If files are missing, or the first rows of one lack a column altogether.
    """
    found: list[Shard] = []
    for file in source_files.find(source, base):
        contents.require_text(file, source.encoding)
        document = json_document.Document(file, wanted.names)
        is_document = json_document.is_document(source, file, wanted.names)
        whole: Shard = document if is_document else lines.Part(file)
        first = itertools.islice(read(source, whole), _PEEK)
        rows = [entry.values for entry in first if isinstance(entry, row.Row)]
        if not rows:
            _refuse_table(source, file, wanted)
        else:
            # Keys may be left out of single rows, so the first row alone tells too little.
            present = list(dict.fromkeys(key for values in rows for key in values))
            columns.require(present, wanted.names, file.name)
        found += [document] if is_document else lines.divide(file)
    return found


def read(source: config.JsonlSource, part: Shard) -> Iterator[row.Row | row.Rejected]:
    """The rows of a part. Blank lines are no rows."""
    if isinstance(part, json_document.Document):
        yield from json_document.read(source, part)
        return
    decode = decoding.Decoder(part, source.encoding)
    for line in lines.read(part):
        if isinstance(line, row.Rejected):
            yield line
            continue
        if not line.raw.strip():
            continue
        where = f"{part.file.name}:{line.number}"
        try:
            yield row.Row(_columns(decode(line).strip().removeprefix("\ufeff")), where, part.split)
        except row.BadRow as error:
            yield row.Rejected(where, str(error), row.excerpt(line.raw))


def _refuse_table(
    source: config.JsonlSource, file: source_files.DataFile, wanted: columns.Wanted
) -> None:
    part = lines.Part(file)
    first = headers.first_line(part, decoding.Decoder(part, source.encoding))
    delimiter = headers.dividing(first, wanted.names)
    if delimiter:
        kind = delimited.KINDS.get(delimiter, "csv")
        raise errors.DataError(
            f"{file.name} is a table with a header, not JSON. Set `data.source.kind: {kind}`."
        )


def _columns(text: str) -> dict[str, object]:
    """The columns of one line; a mark of UTF-8 before it comes from joined files."""
    value, end = json_text.decode(text)
    # A comma after each object is left of an array whose brackets were cut off.
    rest = text[end:].strip()
    if rest not in ("", ","):
        raise row.BadRow(f"not JSON Lines: after the first value follows {row.excerpt(rest)!r}")
    return json_text.columns(value)
