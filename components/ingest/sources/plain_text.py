"""Read plain text files: a row is a line, or all lines up to a blank one.

Column of the rows: `text`, without the white space around it.
"""

from collections.abc import Iterator

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.text import decoding, lines

TEXT = "text"


def shards(source: config.TextSource, base: str, wanted: columns.Wanted) -> list[lines.Part]:
    """Files, or parts of large ones where a row is a line.

    Raises:
        DataError: If files are missing or blank, or a column other than `text` is wanted.
    """
    found: list[lines.Part] = []
    for file in source_files.find(source, base):
        contents.require_text(file, source.encoding)
        columns.require([TEXT], wanted.names, file.name)
        part = lines.Part(file)
        if not any(isinstance(entry, row.Row) for entry in read(source, part)):
            raise errors.DataError(f"{file.name}: only blank lines. Expected text.")
        found += lines.divide(file) if source.row == "line" else [part]
    return found


def read(source: config.TextSource, part: lines.Part) -> Iterator[row.Row | row.Rejected]:
    """The rows of a part. Blank lines are no rows."""
    decode = decoding.Decoder(part, source.encoding)
    block = _Block(part)
    for line in lines.read(part):
        if isinstance(line, row.Rejected):
            yield from block.finish()
            yield line
            continue
        try:
            text = decode(line).strip()
        except row.BadRow as error:
            where = f"{part.file.name}:{line.number}"
            yield from block.finish()
            yield row.Rejected(where, str(error), row.excerpt(line.raw))
            continue
        if text:
            block.add(text, line)
        if not text or source.row == "line" or block.size > lines.MAX_ROW_BYTES:
            yield from block.finish()
    yield from block.finish()


class _Block:
    """Lines that are one row."""

    def __init__(self, part: lines.Part):
        self._part = part
        self._first = 0
        self._lines: list[str] = []
        self.size = 0
        """Bytes of the lines so far."""

    def add(self, text: str, line: lines.Line) -> None:
        """Take a line."""
        self._first = self._first or line.number
        self._lines.append(text)
        self.size += len(line.raw)

    def finish(self) -> Iterator[row.Row]:
        """The row, if it has any line; what comes next begins another."""
        if self._lines:
            where = f"{self._part.file.name}:{self._first}"
            yield row.Row({TEXT: " ".join(self._lines)}, where, self._part.split)
        self._first, self._lines, self.size = 0, [], 0
