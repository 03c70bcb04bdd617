"""How a table's fields are written: what divides, quotes and escapes them."""

import collections
import csv
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Protocol

from components.ingest import errors, row
from components.ingest.text import lines

_MAX_BROKEN_QUOTES = 1000
# Rows of a file that tell whether its quotes are escaped.
_HEAD_LINES = 20_000
_HEAD_BYTES = 4_000_000
_BLANK = b" \t\r\n\x1a"  # With the mark that ends files of DOS.
_EXCEL_LINE = re.compile(rb'"?sep=(.)"?\s*', re.IGNORECASE)
_REASONS = {
    "unexpected end of data": "a quote is opened and never closed",
    "new-line character": "a carriage return stands outside of quotes",
    "field larger": "a field is too long",
    "expected after": "a quote is closed within a field",
}

Record = tuple[int, list[str]]
"""Line number and fields."""


class Source(Protocol):
    """What a config says of a table."""

    @property
    def delimiter(self) -> str:
        """Between fields."""

    @property
    def quoting(self) -> bool:
        """Whether fields may be quoted."""

    @property
    def escape(self) -> str | None:
        """Before a quote inside quotes; None to find out."""


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How the fields of one file are written."""

    delimiter: str
    """One character between fields."""
    quoting: bool
    """Whether `"` starts a field that may hold delimiters and line breaks."""
    escape: str = ""
    """Character before a quote that is part of a quoted field, beside doubling it; or none."""
    has_excel_line: bool = False
    """Whether the file starts with Excel's `sep=`, which is no row."""


class _BrokenQuote(row.BadRow):
    """A quoted field that is not CSV."""


def detect(source: Source, part: lines.Part, decode: Callable[[lines.Line], str]) -> Dialect:
    """The dialect of a file: as the config says, with what the file itself tells.

    Args:
        source: The config.
        part: The whole file.
        decode: Text of its lines.
    """
    found = Dialect(source.delimiter, source.quoting, source.escape or "")
    first = next((line for line in lines.read(part) if is_content(line)), None)
    told = _EXCEL_LINE.fullmatch(first.raw) if isinstance(first, lines.Line) else None
    if told:
        found = dataclasses.replace(found, delimiter=told[1].decode("latin-1"), has_excel_line=True)
    if found.quoting and source.escape is None:
        escaped = dataclasses.replace(found, escape="\\")
        head = _head(part)
        if any(b'\\"' in line.raw for line in head):
            plain = _unreadable(found, part, head, decode)
            if _unreadable(escaped, part, head, decode) < plain:
                return escaped
    return found


def records(
    dialect: Dialect,
    part: lines.Part,
    decode: Callable[[lines.Line], str],
    widths: range | None = None,
) -> Iterator[Record | row.Rejected]:
    """The records of a part, the header among them. Lines without any content are none.

    Args:
        dialect: How fields are written.
        part: What to read.
        decode: Text of a line.
        widths: Numbers of fields that a record may have; if one over several lines has another,
            its quote is taken for a stray one.

    Raises:
        DataError: If very many quotes are broken.
    """
    return _records(dialect, part, lines.read(part), decode, widths)


def _records(
    dialect: Dialect,
    part: lines.Part,
    stream: Iterator[lines.Line | row.Rejected],
    decode: Callable[[lines.Line], str],
    widths: range | None,
) -> Iterator[Record | row.Rejected]:
    pending: collections.deque[lines.Line | row.Rejected] = collections.deque()
    reader = _Quoted(dialect, pending, stream, decode, widths)
    is_excel_line_ahead = dialect.has_excel_line and not part.start
    broken = 0
    while True:
        line = pending.popleft() if pending else next(stream, None)
        if line is None:
            return
        if isinstance(line, row.Rejected):
            yield line
            continue
        if not is_content(line):
            continue
        if is_excel_line_ahead:
            is_excel_line_ahead = False
            continue
        try:
            text = decode(line)
            if dialect.quoting and '"' in text:
                fields = reader.fields(line, text)
            else:
                fields = text.rstrip("\r\n").split(dialect.delimiter)
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
        else:
            if any(map(str.strip, fields)):
                yield line.number, fields


class _Quoted:
    """Records with quotes, which may go on over further lines.

    Lines read ahead in vain go back to `pending`, so that a stray quote costs its own
    line and not the rest of the file.
    """

    def __init__(
        self,
        dialect: Dialect,
        pending: collections.deque[lines.Line | row.Rejected],
        stream: Iterator[lines.Line | row.Rejected],
        decode: Callable[[lines.Line], str],
        widths: range | None,
    ):
        self._dialect = dialect
        self._pending = pending
        self._stream = stream
        self._decode = decode
        self._widths = widths
        self._taken: list[lines.Line | row.Rejected] = []
        # A character that only escapes quotes and itself is plain before all others.
        escape = re.escape(dialect.escape)
        self._plain = re.compile(f'({escape}["{escape}])|{escape}') if escape else None

    def fields(self, first: lines.Line, text: str) -> list[str]:
        """Fields of the record that begins in a line.

        Raises:
            _BrokenQuote: If it is no CSV.
        """
        self._taken = []
        try:
            # The limit is the module's; the default is less than a long review with markup.
            csv.field_size_limit(2 * lines.MAX_ROW_BYTES)
            found = next(
                csv.reader(
                    self._feed(text),
                    delimiter=self._dialect.delimiter,
                    escapechar=self._dialect.escape or None,
                    strict=True,
                )
            )
            if self._taken and self._widths and not _fits(found, self._widths):
                raise _BrokenQuote(self._swallowed(first, found))
            return found
        except csv.Error as error:
            self._pending.extendleft(reversed(self._taken))
            raise _BrokenQuote(f"not valid CSV: {self._reason(error, text)}") from error
        except row.BadRow as error:
            self._pending.extendleft(reversed(self._taken))
            raise _BrokenQuote(str(error)) from error

    def _feed(self, text: str) -> Iterator[str]:
        yield self._escaped(text)
        size = len(text)
        while size < lines.MAX_ROW_BYTES:
            line = self._pending.popleft() if self._pending else next(self._stream, None)
            if line is None:
                return
            self._taken.append(line)
            if isinstance(line, row.Rejected):
                raise _BrokenQuote(f"a quoted field runs into {line.where}, {line.reason}")
            size += len(line.raw)
            yield self._escaped(self._decode(line))
        raise _BrokenQuote("a quote is opened and not closed within the longest row allowed")

    def _escaped(self, text: str) -> str:
        if self._plain is None:
            return text
        return self._plain.sub(lambda found: found[1] or 2 * self._dialect.escape, text)

    def _swallowed(self, first: lines.Line, found: list[str]) -> str:
        last = first.number + len(self._taken)
        return (
            f"not valid CSV: a quote that is opened here is closed in line {last}, which makes "
            f"{counted(len(found))} where the header has {max(self._widths or ())}; a stray one?"
        )

    def _reason(self, error: csv.Error, text: str) -> str:
        told = next((ours for theirs, ours in _REASONS.items() if theirs in str(error)), "")
        hint = ""
        if '\\"' in text and not self._dialect.escape:
            hint = " (if quotes are escaped with backslashes, set `data.source.escape: '\\'`)"
        return (told or "its quotes cannot be understood") + hint


def is_content(line: lines.Line | row.Rejected) -> bool:
    """Whether a line is not blank."""
    return isinstance(line, row.Rejected) or bool(line.raw.strip(_BLANK))


def counted(fields: int) -> str:
    """A number of fields in words."""
    return "1 field" if fields == 1 else f"{fields} fields"


def _fits(fields: list[str], widths: range) -> bool:
    """Whether there are as many fields as there may be, or more, but those empty."""
    return len(fields) >= min(widths) and not any(map(str.strip, fields[max(widths) :]))


def _head(part: lines.Part) -> list[lines.Line]:
    found: list[lines.Line] = []
    size = 0
    for line in lines.read(part):
        if size > _HEAD_BYTES or len(found) > _HEAD_LINES:
            break
        if isinstance(line, lines.Line):
            found.append(line)
            size += len(line.raw)
    return found


def _unreadable(
    dialect: Dialect,
    part: lines.Part,
    head: list[lines.Line],
    decode: Callable[[lines.Line], str],
) -> int:
    """How many of the first records a dialect cannot read, or divides otherwise than the header."""
    entries = _records(dialect, part, iter(head), decode, None)
    try:
        widths = [0 if isinstance(entry, row.Rejected) else len(entry[1]) for entry in entries]
    except errors.DataError:
        return len(head)
    return sum(width != widths[0] or not width for width in widths)
