"""How a file of rows is written: format, delimiter, quotes, encoding, columns."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow.parquet

from components import tfrecord
from components.ingest import config, errors, row, splits
from components.ingest.files import contents, names, source_files
from components.ingest.sources import (
    arrow_values,
    delimited,
    dialect,
    headers,
    json_document,
    json_rows,
    jsonl,
    squad,
)
from components.ingest.text import decoding, lines
from pipeline.guessing import unusable

_RECORDS = 200
"""Rows that tell a delimiter."""
_LEAST_FIT = 0.8
"""Share of them that must be as wide as the header."""
_LEAST_OF_A_TABLE = 0.5
"""The same for files that are not called tables."""
_SHOWN = 4
_ROWS = 100
"""Rows of JSON that tell the columns; keys may be left out of single ones."""


@dataclasses.dataclass(frozen=True)
class Written:
    """One file of rows."""

    path: pathlib.Path
    """Absolute path."""
    fields: tuple[tuple[str, Any], ...]
    """Of `data.source`, but for its path and its encoding."""
    columns: tuple[str, ...]
    """Names of the columns, in their order; one that is there twice is so here."""
    form: str
    """What was found in it, in words."""
    encoding: str | None = None
    """Python codec name; None if the part that was looked at is ASCII, or the format says it."""
    share: float = 1
    """Share of the lines beyond ASCII that this encoding reads."""

    @property
    def split(self) -> str | None:
        """Split that its name stands for."""
        return splits.named_by_file(self.path.name)


def detect(path: pathlib.Path) -> Written:
    """How a file is written, by what is in it rather than by its name.

    Args:
        path: A file.

    Raises:
        DataError: If it is damaged, or no file of rows.
    """
    file = source_files.DataFile(str(path), names.shown(path.name), None, path.stat().st_size)
    if not file.size:
        raise errors.DataError(f"{file.name} is empty (0 bytes). Write it again, or name another.")
    try:
        first = contents.head(file.path)
    except source_files.DAMAGE as error:
        raise lines.damaged(file.name, 1, error) from error
    if first.startswith(b"PAR1"):
        return Written(path, (("kind", "parquet"),), _parquet_columns(file), "Parquet")
    if tfrecord.is_start(first):
        # Its records tell their own columns while they are read.
        return Written(path, (("kind", "tfrecord"),), (), "TFRecord")
    contents.require_text(file, "utf-8")
    found = decoding.likely(file)
    encoding = found.encoding if found else "utf-8"
    # Not the reader's decoder: a line that cannot be read must not hide the other ones.
    decode = _lenient(encoding)
    if unusable.is_tagged(file, decode):
        form = "a word and its tag a line"
        written = Written(path, (("kind", "conll"),), ("tokens", "tags"), form)
    elif _is_json(first) and squad.is_squad(config.SquadSource(str(path), encoding=encoding), file):
        written = Written(path, (("kind", "squad"),), squad.COLUMNS, "SQuAD's form")
    elif _is_json(first):
        written = Written(path, (("kind", "jsonl"),), _json_columns(file, encoding), "JSON objects")
    else:
        written = Written(path, *_table(file, encoding))
    if found is None:
        return written
    return dataclasses.replace(written, encoding=encoding, share=found.share)


def aligned(path: pathlib.Path, endings: tuple[str, ...]) -> Written:
    """A file of a pair whose lines belong together.

    Args:
        path: The file.
        endings: Of the names of both.

    Raises:
        DataError: If it is damaged, or no text.
    """
    file = source_files.DataFile(str(path), names.shown(path.name), None, path.stat().st_size)
    contents.require_text(file, "utf-8")
    found = decoding.likely(file)
    fields = (("kind", "aligned"), ("endings", list(endings)))
    written = Written(path, fields, endings, "pairs of files whose lines belong together")
    if found is None:
        return written
    return dataclasses.replace(written, encoding=found.encoding, share=found.share)


def _lenient(encoding: str) -> Any:
    return lambda line: line.raw.decode(encoding, "replace")


def _is_json(first: bytes) -> bool:
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or start.startswith(b"[") and start[1:].lstrip()[:1] in b'{["]'


def _table(
    file: source_files.DataFile, encoding: str
) -> tuple[tuple[tuple[str, Any], ...], tuple[str, ...], str]:
    """Fields of the source, the columns, and the form in words."""
    part = lines.Part(file)
    header = headers.first_line(part, _lenient(encoding)).strip()
    readings = list(_readings(file, encoding, header))
    best = max(readings, key=lambda reading: reading.rank, default=None)
    is_divided = best is not None or _is_divided(part, encoding)
    if header.startswith("#") and is_divided and (best is None or best.fit < _LEAST_FIT):
        raise errors.DataError(
            f"{file.name} begins with a comment where the names of the columns are expected. "
            f"Received: {row.excerpt(header)[:60]!r}. Delete the lines that begin with #, and "
            "write one above the rows that names the columns, divided as the rows are."
        )
    is_called_table = file.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".tab"))
    if best is None and is_called_table and not headers.is_data([header], []):
        return (("kind", "csv"),), (header.strip('\ufeff"'),), "one column"
    if best is None or best.fit < _LEAST_OF_A_TABLE and not is_called_table:
        raise unusable.plain_text(file)
    if best.fit < _LEAST_FIT:
        raise errors.DataError(
            f"{file.name} is no table: divided by {headers.DELIMITERS[best.delimiter]}, its header "
            f"has {len(best.columns)} fields, but only {best.fit:.0%} of the first rows have as "
            "many. Put fields that hold the delimiter in quotes, or write the table as JSON Lines."
        )
    if best.is_headless:
        raise errors.DataError(
            f"{file.name} has no names of columns: its first line, "
            f"{_excerpt(best)}, looks like a row. Add a line "
            "with a name for each column above it, divided as the rows are."
        )
    return best.fields, best.columns, f"a header, and {headers.DELIMITERS[best.delimiter]} in rows"


def _is_divided(part: lines.Part, encoding: str) -> bool:
    """Whether what follows comments at the start of a file may be a table."""
    decode = _lenient(encoding)
    first = itertools.islice(lines.read(part), _RECORDS)
    texts = [decode(line).strip() for line in first if isinstance(line, lines.Line)]
    rows = [text for text in texts if text and not text.startswith("#")]
    return any(
        sum(delimiter in text for text in rows) >= _LEAST_FIT * max(1, len(rows))
        for delimiter in headers.DELIMITERS
    )


@dataclasses.dataclass(frozen=True)
class _Reading:
    """A table as one delimiter divides it."""

    delimiter: str
    quoting: bool
    is_usual: bool
    """Whether quotes are treated as this kind of source does by itself."""
    columns: tuple[str, ...]
    fit: float
    """Share of rows as wide as the header, in [0, 1]."""
    is_headless: bool

    @property
    def rank(self) -> tuple[float, int, bool]:
        """The best reading has the greatest."""
        return self.fit, len(self.columns), self.is_usual

    @property
    def fields(self) -> tuple[tuple[str, Any], ...]:
        """Of `data.source`."""
        kind = delimited.KINDS.get(self.delimiter)
        found: list[tuple[str, Any]] = [("kind", kind or "csv")]
        if kind is None:
            found.append(("delimiter", self.delimiter))
        if not self.is_usual:
            found.append(("quoting", self.quoting))
        return tuple(found)


def _readings(file: source_files.DataFile, encoding: str, header: str) -> Iterator[_Reading]:
    part, decode = lines.Part(file), _lenient(encoding)
    for delimiter in filter(header.__contains__, headers.DELIMITERS):
        usual = delimiter != "\t"
        for quoting in (usual, not usual):
            source = config.CsvSource(file.path, delimiter=delimiter, quoting=quoting)
            found = dialect.detect(source, part, decode)
            entries = list(
                itertools.islice(dialect.records(found, part, decode), _RECORDS),
            )
            reading = _read(delimiter, quoting, quoting == usual, entries)
            if reading:
                yield reading


def _read(
    delimiter: str,
    quoting: bool,
    is_usual: bool,
    entries: Sequence[dialect.Record | row.Rejected],
) -> _Reading | None:
    if not entries or isinstance(entries[0], row.Rejected) or len(entries[0][1]) < 2:
        return None
    columns = tuple(headers.name(field) for field in entries[0][1])
    rows = [entry for entry in entries[1:] if not isinstance(entry, row.Rejected)]
    fitting = sum(len(fields) == len(columns) for _, fields in rows)
    # Quotes that stand around every name are no part of it.
    quoted = sum(name.startswith('"') and name.endswith('"') for name in columns)
    fit = 0 if quoted else fitting / len(entries[1:]) if entries[1:] else 1
    is_headless = headers.is_data(columns, rows)
    return _Reading(delimiter, quoting, is_usual, columns, fit, is_headless)


def _excerpt(reading: _Reading) -> str:
    shown = ", ".join(repr(row.excerpt(name)) for name in reading.columns[:_SHOWN])
    return shown + (", ..." if len(reading.columns) > _SHOWN else "")


def _json_columns(file: source_files.DataFile, encoding: str) -> tuple[str, ...]:
    source = config.JsonlSource(file.path, encoding=encoding)
    if json_document.is_document(source, file, ()):
        document = json_document.Document(file, ())
        value = json_document.only_object(source, document)
        if value is not None:
            return tuple(json_rows.names(value))
        part: jsonl.Shard = document
    else:
        part = lines.Part(file)
    first = list(itertools.islice(jsonl.read(source, part), _ROWS))
    rows = [entry.values for entry in first if isinstance(entry, row.Row)]
    if not rows:
        reasons = [f"{one.where}: {one.reason}" for one in first if isinstance(one, row.Rejected)]
        told = reasons[0] if reasons else "it is an empty list"
        raise errors.DataError(f"{file.name} holds no rows that can be read: {told}.")
    return tuple(dict.fromkeys(key for values in rows for key in values))


def _parquet_columns(file: source_files.DataFile) -> tuple[str, ...]:
    try:
        schema = pyarrow.parquet.read_schema(file.path)
    except (pyarrow.ArrowException, OSError) as error:
        raise errors.DataError(
            f"{file.name}: cannot be read as Parquet, was it copied completely? ({error})"
        ) from error
    return tuple(
        field.name
        for field in schema
        if arrow_values.is_single(field.type) or arrow_values.is_list(field.type)
    )
