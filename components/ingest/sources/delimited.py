"""Read CSV and TSV tables."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence

from components.ingest import columns, config, row
from components.ingest.files import contents, source_files
from components.ingest.sources import dialect, headers
from components.ingest.sources.dialect import Dialect
from components.ingest.text import decoding, lines

KINDS = {",": "csv", "\t": "tsv"}
"""The kind of source that a delimiter makes."""


@dataclasses.dataclass(frozen=True)
class Part:
    """Some lines of a table."""

    lines: lines.Part
    dialect: Dialect
    columns: tuple[str, ...]
    """Names of all fields."""

    @property
    def split(self) -> str | None:
        """Split the file stands for."""
        return self.lines.split

    @property
    def size(self) -> int:
        """Bytes to expect."""
        return self.lines.size


def shards(
    source: config.CsvSource | config.TsvSource, base: str, wanted: columns.Wanted
) -> list[Part]:
    """Whole files, or parts of large ones if no field can hold a line break.

    Raises:
        DataError: If files or columns are missing, or a file is no table.
    """
    found = []
    for file in source_files.find(source, base):
        found += parts(source, file, wanted, lambda other: _setting(source.kind, other))
    return found


def parts(
    source: config.CsvSource | config.TsvSource,
    file: source_files.DataFile,
    wanted: columns.Wanted,
    divided_by: Callable[[str], str],
) -> list[Part]:
    """The parts of one file.

    Args:
        source: How it is written.
        file: The table.
        wanted: Columns to read.
        divided_by: What to set in the YAML for another delimiter.

    Raises:
        DataError: If columns are missing, or the file is no table.
    """
    contents.require_text(file, source.encoding)
    whole = lines.Part(file)
    decode = decoding.Decoder(whole, source.encoding)
    written = dialect.detect(source, whole, decode)
    names = headers.read(written, whole, decode, wanted, divided_by)
    parts = [whole] if written.quoting else lines.divide(file)
    return [Part(part, written, names) for part in parts]


def read(
    source: config.CsvSource | config.TsvSource, part: Part
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a part. Lines without any content are no rows."""
    decode = decoding.Decoder(part.lines, source.encoding)
    records = dialect.records(part.dialect, part.lines, decode, _widths(part.columns))
    if not part.lines.start:
        next(records)
    names = part.columns
    for record in records:
        if isinstance(record, row.Rejected):
            yield record
            continue
        number, found = record
        fields: Sequence[str] = found
        where = f"{part.lines.file.name}:{number}"
        if len(fields) != len(names) or fields[-1].strip() == names[-1]:
            fitted = _fitted(fields, names)
            reason = _mismatch(fitted, part)
            if reason:
                excerpt = row.excerpt(part.dialect.delimiter.join(fields))
                yield row.Rejected(where, reason, excerpt)
                continue
            fields = fitted
        yield row.Row(dict(zip(names, fields, strict=True)), where, part.split)


def _setting(kind: str, delimiter: str) -> str:
    """What to set for another delimiter."""
    if delimiter in KINDS and KINDS[delimiter] != kind:
        return f"`data.source.kind: {KINDS[delimiter]}`"
    if kind == "csv":
        return f"`data.source.delimiter: {json.dumps(delimiter)}`"
    return f"`data.source.kind: csv` and `data.source.delimiter: {json.dumps(delimiter)}`"


def _widths(names: Sequence[str]) -> range:
    """How many fields a row may have: the last ones may be missing where they have no name."""
    least = len(names)
    while least and not names[least - 1]:
        least -= 1
    return range(least, len(names) + 1)


def _fitted(fields: Sequence[str], names: Sequence[str]) -> Sequence[str]:
    """Fields without those that a delimiter at the end of the row, or of the header, adds."""
    width = len(names)
    if len(fields) > width and not any(map(str.strip, fields[width:])):
        return fields[:width]
    if len(fields) < width and len(fields) in _widths(names):
        return [*fields, *[""] * (width - len(fields))]
    return fields


def _mismatch(fields: Sequence[str], part: Part) -> str:
    """Why fields are no row; empty if they are one."""
    if len(fields) == len(part.columns):
        again = len(fields) > 1 and all(map(_is_same, fields, part.columns))
        return "the header again; were files joined?" if again else ""
    hint = ""
    if any("\r" in field for field in fields):
        hint = "; a lone carriage return stands in it, so lines may end in two ways"
    elif not part.dialect.quoting and any(field.startswith('"') for field in fields):
        hint = "; if quotes hold delimiters or line breaks, set `data.source.quoting: true`"
    elif part.dialect.quoting and len(fields) > len(part.columns):
        hint = f"; a field that holds {part.dialect.delimiter!r} must stand in quotes"
    return f"{dialect.counted(len(fields))} where the header has {len(part.columns)}{hint}"


def _is_same(field: str, name: str) -> bool:
    return field.strip().strip("\ufeff") == name
