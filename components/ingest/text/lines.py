"""Lines of text files, in parts that workers read side by side, in bounded memory."""

import codecs
import dataclasses
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from components.ingest import errors, row
from components.ingest.files import source_files

MAX_ROW_BYTES = 16_000_000
PART_BYTES = 64 * 1024 * 1024
_BLOCK = 1 << 20
# Text grows about this much when it is decompressed.
_GZIP_GROWTH = 3


class Line(NamedTuple):
    """One line as it is in the file."""

    number: int
    """1 for the first line of the file."""
    offset: int
    """Byte of the (uncompressed) file at which the line starts."""
    raw: bytes
    """Content with its line break."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A run of whole lines of one file."""

    file: source_files.DataFile
    start: int = 0
    """First byte."""
    end: int | None = None
    """Byte after the last one, or None for the end of the file."""
    first_line: int = 1
    """Number of the line at `start`."""

    @property
    def split(self) -> str | None:
        """Split the file stands for."""
        return self.file.split

    @property
    def size(self) -> int:
        """Bytes to expect."""
        if source_files.is_gzipped(self.file.path):
            return self.file.size * _GZIP_GROWTH
        return (self.file.size if self.end is None else self.end) - self.start


def divide(file: source_files.DataFile, part_bytes: int = PART_BYTES) -> Iterator[Part]:
    """Cut a file at line breaks into parts of about `part_bytes`.

    Only for formats in which each line break ends a row. Gzip cannot be entered in
    the middle, so such a file stays whole.
    """
    if file.size <= part_bytes or source_files.is_gzipped(file.path):
        yield Part(file)
        return
    with open(file.path, "rb") as stream:
        start, line = 0, 1
        while start < file.size:
            end, breaks = _next_cut(stream, start + part_bytes, file.size)
            yield Part(file, start, end, line)
            start, line = end, line + breaks


def read(part: Part) -> Iterator[Line | row.Rejected]:
    """The lines of a part; a line too long for memory becomes a `Rejected`.

    A byte order mark of UTF-8 is dropped.

    Raises:
        DataError: If the file cannot be read to its end.
    """
    number, offset = part.first_line, part.start
    try:
        with source_files.open_binary(part.file.path) as stream:
            stream.seek(part.start)
            while part.end is None or offset < part.end:
                raw = stream.readline(MAX_ROW_BYTES + 1)
                if not raw:
                    return
                length = len(raw)
                if length > MAX_ROW_BYTES and not raw.endswith(b"\n"):
                    length += _skip_line(stream)
                    yield _too_long(part, number, length, raw)
                else:
                    yield Line(number, offset, raw if offset else raw.removeprefix(codecs.BOM_UTF8))
                number, offset = number + 1, offset + length
    except source_files.DAMAGE as error:
        raise damaged(part.file.name, number, error) from error


def damaged(name: str, number: int, error: Exception) -> errors.DataError:
    """The error for a file that cannot be read beyond a line."""
    return errors.DataError(
        f"{name}:{number}: the file cannot be read further ({error}). "
        "Was it copied completely? Rows after this point would be lost, so nothing is used."
    )


def _next_cut(stream: BinaryIO, target: int, size: int) -> tuple[int, int]:
    """First line start at or after `target`, and the line breaks passed on the way."""
    breaks = 0
    while stream.tell() < min(target, size):
        block = stream.read(min(_BLOCK, target - stream.tell()))
        breaks += block.count(b"\n")
    while stream.tell() < size:
        piece = stream.readline(_BLOCK)
        if piece.endswith(b"\n"):
            return stream.tell(), breaks + 1
    return size, breaks


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while piece := stream.readline(_BLOCK):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def _too_long(part: Part, number: int, length: int, raw: bytes) -> row.Rejected:
    return row.Rejected(
        f"{part.file.name}:{number}",
        f"a line of {length / 1e6:.0f} MB; rows may have up to {MAX_ROW_BYTES / 1e6:.0f} MB",
        row.excerpt(raw[:1024]),
    )
