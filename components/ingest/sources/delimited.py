"""Read CSV and TSV tables."""

import collections
import csv
import dataclasses
from collections.abc import Iterator

from components.ingest import columns, config, contents, decoding, errors, files, lines, row

_MAX_BROKEN_QUOTES = 1000


def shards(
    source: config.CsvSource | config.TsvSource, base: str, wanted: columns.Wanted
) -> list[lines.Part]:
    """Whole files, or parts of large ones if no field can hold a line break.

    Raises:
        DataError: If files or columns are missing.
    """
    found = []
    for file in files.find(source, base):
        contents.require_text(file, source.encoding)
        header = _header(source, file)
        columns.require(header, wanted.names, file.name)
        parts = [lines.Part(file)] if source.quoting else lines.divide(file)
        found += [dataclasses.replace(part, columns=header) for part in parts]
    return found


def read(
    source: config.CsvSource | config.TsvSource, part: lines.Part
) -> Iterator[row.Row | row.Rejected]:
    """The rows of a part. Blank lines are no rows."""
    records = _records(source, part)
    if not part.start:
        next(records)
    for record in records:
        if isinstance(record, row.Rejected):
            yield record
            continue
        number, fields = record
        where = f"{part.file.name}:{number}"
        if len(fields) != len(part.columns):
            yield row.Rejected(
                where,
                f"{len(fields)} fields where the header has {len(part.columns)}",
                row.excerpt(source.delimiter.join(fields)),
            )
        else:
            yield row.Row(dict(zip(part.columns, fields, strict=True)), where, part.split)


def _header(source: config.CsvSource | config.TsvSource, file: files.DataFile) -> tuple[str, ...]:
    first = next(_records(source, lines.Part(file)), None)
    if first is None:
        raise errors.DataError(f"{file.name}: only blank lines. Expected a header line.")
    if isinstance(first, row.Rejected):
        raise errors.DataError(f"{file.name}: the header line cannot be read: {first.reason}.")
    _, fields = first
    if any("\r" in field for field in fields):
        raise contents.lone_carriage_returns(file.name)
    return tuple(field.strip() for field in fields)


def _records(
    source: config.CsvSource | config.TsvSource, part: lines.Part
) -> Iterator[tuple[int, list[str]] | row.Rejected]:
    """Line number and fields of each record."""
    pending: collections.deque[lines.Line | row.Rejected] = collections.deque()
    stream = lines.read(part)
    decode = decoding.Decoder(part, source.encoding)
    broken = 0
    while True:
        line = pending.popleft() if pending else next(stream, None)
        if line is None:
            return
        if isinstance(line, row.Rejected):
            yield line
            continue
        if not line.raw.strip(b"\r\n"):
            continue
        try:
            text = decode(line)
            if source.quoting and '"' in text:
                yield line.number, _quoted(source, text, pending, stream, decode)
            else:
                yield line.number, text.rstrip("\r\n").split(source.delimiter)
        except row.BadRow as error:
            broken += isinstance(error, _BrokenQuote)
            if broken > _MAX_BROKEN_QUOTES:
                raise errors.DataError(
                    f"{part.file.name}: more than {_MAX_BROKEN_QUOTES} broken quotes up to line "
                    f"{line.number}. If quotes are plain characters here, set "
                    "`data.source.quoting: false`."
                ) from error
            where = f"{part.file.name}:{line.number}"
            yield row.Rejected(where, str(error), row.excerpt(line.raw))


class _BrokenQuote(row.BadRow):
    """A quoted field that is not CSV."""


def _quoted(
    source: config.CsvSource | config.TsvSource,
    first: str,
    pending: collections.deque[lines.Line | row.Rejected],
    stream: Iterator[lines.Line | row.Rejected],
    decode: decoding.Decoder,
) -> list[str]:
    """Fields of a record with quotes, which may go on over further lines.

    Lines read ahead in vain go back to `pending`, so that a stray quote costs its own
    line and not the rest of the file.
    """
    taken: list[lines.Line | row.Rejected] = []

    def feed() -> Iterator[str]:
        yield first
        size = len(first)
        while size < lines.MAX_ROW_BYTES:
            line = pending.popleft() if pending else next(stream, None)
            if line is None:
                return
            taken.append(line)
            if isinstance(line, row.Rejected):
                raise _BrokenQuote(f"a quoted field runs into {line.where}, {line.reason}")
            size += len(line.raw)
            yield decode(line)
        raise _BrokenQuote("a quote is opened and not closed within the longest row allowed")

    # The limit is the module's; the default is less than a long review with markup.
    csv.field_size_limit(2 * lines.MAX_ROW_BYTES)
    try:
        return next(csv.reader(feed(), delimiter=source.delimiter, strict=True))
    except csv.Error as error:
        pending.extendleft(reversed(taken))
        reason = "a quote is opened and never closed" if "unexpected end" in str(error) else error
        raise _BrokenQuote(f"not valid CSV: {reason}") from error
    except row.BadRow as error:
        pending.extendleft(reversed(taken))
        raise _BrokenQuote(str(error)) from error
