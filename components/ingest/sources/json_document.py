"""Read JSON files that are not one object a line.

An array of objects, or objects after one another over several lines, in bounded memory;
and a single object that holds the rows, as a list or by columns.
"""

import codecs
import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from components.ingest import config, errors, row
from components.ingest.files import source_files
from components.ingest.sources import json_rows, json_text
from components.ingest.text import decoding, lines

_BLOCK = 1 << 18
# A single object that holds all rows is read at once.
_MAX_OBJECT_BYTES = 256_000_000
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclasses.dataclass(frozen=True)
class Document:
    """A whole file."""

    file: source_files.DataFile
    names: tuple[str, ...]
    """Columns to read."""

    @property
    def split(self) -> str | None:
        """Split the file stands for."""
        return self.file.split

    @property
    def size(self) -> int:
        """Bytes to expect."""
        return lines.Part(self.file).size


def is_document(
    source: config.JsonlSource, file: source_files.DataFile, names: Sequence[str]
) -> bool:
    """Whether a file is something else than one object a line, judged by its first two lines."""
    part = lines.Part(file)
    decode = decoding.Decoder(part, source.encoding)
    found = (line for line in lines.read(part) if not _is_blank(line))
    first, second = next(found, None), next(found, None)
    if isinstance(first, row.Rejected):
        return True  # A line too long for a row can still be a whole array.
    if first is None or not first.raw.lstrip().startswith((b"[", b"{")):
        return False
    try:
        text = decode(first).strip()
        value, end = json_text.decode(text)
    except json_text.Incomplete:
        return first.raw.lstrip().startswith(b"[") or not _is_object(second, decode)
    except row.BadRow:
        return False
    if text[end:].strip(", \t"):
        return isinstance(value, dict)  # Objects after one another in a line.
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return True
    return second is None and not json_rows.is_row(value, names)


def read(source: config.JsonlSource, document: Document) -> Iterator[row.Row | row.Rejected]:
    """The rows of a document.

    Raises:
        DataError: If it is no JSON up to its end, or it is not clear what its rows are.
    """
    name = document.file.name
    number = 1
    try:
        with source_files.open_binary(document.file.path) as stream:
            text = _Text(stream, document.file, source.encoding)
            for number, value in _rows(text, document):
                yield _row(f"{name}:{number}", value, document.split)
    except source_files.DAMAGE as error:
        raise lines.damaged(name, number, error) from error


def only_object(source: config.JsonlSource, document: Document) -> dict[str, Any] | None:
    """What the document holds if it is nothing but one object, else None.

    Raises:
        DataError: If it begins with an object that is no JSON, or the file is damaged.
        OSError: If the file cannot be opened.
    """
    name = document.file.name
    with source_files.open_binary(document.file.path) as stream:
        text = _Text(stream, document.file, source.encoding)
        try:
            if text.next_character() != "{":
                return None
            _, value = text.value(_MAX_OBJECT_BYTES)
            return None if text.next_character() else value
        except row.BadRow as error:
            raise errors.DataError(f"{name}:{text.line}: {error}. Repair it there.") from error
        except source_files.DAMAGE as error:
            raise lines.damaged(name, text.line, error) from error


def _row(where: str, value: Any, split: str | None) -> row.Row | row.Rejected:
    try:
        return row.Row(json_text.columns(value), where, split)
    except row.BadRow as error:
        return row.Rejected(where, str(error), row.excerpt(str(value)))


def _rows(text: "_Text", document: Document) -> Iterator[tuple[int, Any]]:
    """Values that are rows, and the lines they start in."""
    try:
        if text.next_character() == "{":
            number, first = text.value(_MAX_OBJECT_BYTES)
            if not text.next_character() and not json_rows.is_row(first, document.names):
                yield from enumerate(json_rows.inside(first, document.names, document.file.name), 1)
                return
            yield number, first
            text.skip(",")
        while character := text.next_character():
            yield from _elements(text) if character == "[" else [text.value(lines.MAX_ROW_BYTES)]
            text.skip(",")
    except row.BadRow as error:
        raise errors.DataError(
            f"{document.file.name}:{text.line}: {error}. Rows after this point cannot be found, so "
            "nothing is used. Repair it there, or save one object a line."
        ) from error


def _elements(text: "_Text") -> Iterator[tuple[int, Any]]:
    text.skip("[")
    while text.next_character() != "]":
        yield text.value(lines.MAX_ROW_BYTES)
        if not text.skip(",") and text.next_character() != "]":
            found = text.next_character()
            shown = f"not {found!r}" if found else "but the file ends"
            raise row.BadRow(f"not JSON: a comma or the end of the array is expected, {shown}")
    text.skip("]")


class _Text:
    """The text of a file, decoded as far as it is asked for."""

    def __init__(self, stream: BinaryIO, file: source_files.DataFile, encoding: str):
        """Start at the beginning of `stream`, which is `file` opened."""
        self.line = 1
        """Number of the line that was reached."""
        self._stream = stream
        self._file = file
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._text = ""
        self._place = 0
        self._read = 0
        self._is_whole = False

    def next_character(self) -> str:
        """The next character that is no white space, which stays; empty at the end."""
        while True:
            if space := _SPACE.match(self._text, self._place):
                self._move(space.end())
            if self._place < len(self._text) or self._is_whole:
                return self._text[self._place : self._place + 1]
            self._more()

    def skip(self, character: str) -> bool:
        """Leave a character behind if it is the next one."""
        is_next = self.next_character() == character
        if is_next:
            self._move(self._place + 1)
        return is_next

    def value(self, limit: int) -> tuple[int, Any]:
        """The next value and the number of the line it starts in.

        Raises:
            BadRow: If it is no JSON, or longer than `limit` characters.
        """
        self.next_character()
        while True:
            number = self.line
            try:
                value, end = json_text.decode(self._text, self._place)
            except json_text.Incomplete:
                if self._is_whole:
                    raise
            else:
                # A number at the end of the text may go on.
                if end < len(self._text) or self._is_whole:
                    self._move(end)
                    return number, value
            if len(self._text) - self._place > limit:
                raise row.BadRow(
                    f"a value of more than {limit / 1e6:.0f} MB, or a quote that is not closed; "
                    "save one object a line"
                )
            self._more()

    def _move(self, place: int) -> None:
        self.line += self._text.count("\n", self._place, place)
        self._place = place

    def _more(self) -> None:
        # Four times as much each time, so that a long value is not decoded over and over.
        data = self._stream.read(max(_BLOCK, 3 * (len(self._text) - self._place)))
        self._is_whole = not data
        if not self._read:
            data = data.removeprefix(codecs.BOM_UTF8)
        try:
            more = self._decoder.decode(data, self._is_whole)
        except UnicodeDecodeError as error:
            raise self._undecodable(data, error) from error
        self._read += len(data)
        self._text = self._text[self._place :] + more
        self._place = 0

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> Exception:
        """The reason a line decoder gives for the line around the byte."""
        start = data.rfind(b"\n", 0, error.start) + 1
        line = lines.Line(0, self._read + start, data[start:].split(b"\n")[0])
        try:
            decoding.Decoder(lines.Part(self._file), self._encoding)(line)
        except row.BadRow as reason:
            return reason
        return row.BadRow(f"it is not {self._encoding}; save it as UTF-8")


def _is_blank(line: lines.Line | row.Rejected) -> bool:
    return isinstance(line, lines.Line) and not line.raw.strip()


def _is_object(line: lines.Line | row.Rejected | None, decode: decoding.Decoder) -> bool:
    """Whether a line alone is an object."""
    if not isinstance(line, lines.Line):
        return False
    try:
        return isinstance(json_text.decode(decode(line).strip())[0], dict)
    except row.BadRow:
        return False
