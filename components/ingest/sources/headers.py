"""The header line of a table, and what may be wrong where a column is missing in it."""

import itertools
from collections.abc import Callable, Sequence

from components.ingest import columns, errors, row
from components.ingest.files import contents
from components.ingest.sources.dialect import Dialect, Record, is_content, records
from components.ingest.text import lines

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_ROWS_AFTER = 20
_LONGEST_NAME = 60


def read(
    dialect: Dialect,
    part: lines.Part,
    decode: Callable[[lines.Line], str],
    wanted: columns.Wanted,
    divided_by: Callable[[str], str],
) -> tuple[str, ...]:
    """Names of the columns.

    Args:
        dialect: How fields are written.
        part: The whole file.
        decode: Text of its lines.
        wanted: Columns that must be there.
        divided_by: What to set in the YAML for another delimiter.

    Raises:
        DataError: If there is no header, or a column is missing or there twice.
    """
    file = part.file.name
    found = list(itertools.islice(records(dialect, part, decode), _ROWS_AFTER))
    if not found:
        raise errors.DataError(f"{file}: only blank lines. Expected a header line.")
    first = found[0]
    if isinstance(first, row.Rejected):
        other = dividing(first_line(part, decode), wanted.names)
        hint = f" {_divided(other, dialect, divided_by)}" if other else ""
        raise errors.DataError(f"{file}: the header line cannot be read: {first.reason}.{hint}")
    if any("\r" in field for field in first[1]):
        raise contents.lone_carriage_returns(file)
    names = _names(first[1], wanted.names)
    rows = [entry for entry in found[1:] if not isinstance(entry, row.Rejected)]
    hint = ""
    if not columns.has_all(names, wanted.names):
        hint = _hint(dialect, names, rows, wanted.names, divided_by)
    columns.require(names, wanted.names, file, hint)
    return names


def first_line(part: lines.Part, decode: Callable[[lines.Line], str]) -> str:
    """Text of the first line with content; empty if it cannot be read."""
    first = next(filter(is_content, lines.read(part)), None)
    if not isinstance(first, lines.Line):
        return ""
    try:
        return decode(first)
    except row.BadRow:
        return ""


def dividing(header: str, names: Sequence[str]) -> str | None:
    """The delimiter that divides a header line into the columns asked for, if one does."""
    for delimiter in DELIMITERS:
        fields = [name(field).strip('"') for field in header.split(delimiter)]
        if len(fields) > 1 and columns.has_all(fields, names):
            return delimiter
    return None


def _names(fields: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    first, *others = map(name, fields)
    # Some programs mark the header as a comment.
    plain = first.lstrip("# ")
    if not columns.spellings(first, wanted) and columns.spellings(plain, wanted):
        first = plain
    return (first, *others)


def name(field: str) -> str:
    """The name of a column as its field in a header holds it."""
    return field.strip().strip("\ufeff").strip()


def _hint(
    dialect: Dialect,
    names: Sequence[str],
    rows: Sequence[Record],
    wanted: Sequence[str],
    divided_by: Callable[[str], str],
) -> str:
    """What the likely mistake is; empty if there is no sign of one."""
    line = dialect.delimiter.join(names)
    other = dividing(line, wanted)
    if other is None and len(names) == 1:
        other = next((d for d in DELIMITERS if d != dialect.delimiter and d in line), None)
    if line.startswith(("{", "[")):
        return "This looks like JSON: set `data.source.kind: jsonl`."
    if other is not None and other != dialect.delimiter:
        return _divided(other, dialect, divided_by)
    if not dialect.quoting and columns.has_all((n.strip('"') for n in names), wanted):
        return "The names stand in quotes: set `data.source.quoting: true`."
    for number, fields in rows:
        if columns.has_all(map(name, fields), wanted):
            return f"They are named in line {number}: delete the lines above it."
    if line.startswith("#"):
        return "The first line is a comment: delete such lines above the header."
    if is_data(names, rows):
        return "The first line looks like a row: add a line with the names of the columns above it."
    return ""


def _divided(other: str, dialect: Dialect, divided_by: Callable[[str], str]) -> str:
    expected = DELIMITERS.get(dialect.delimiter, repr(dialect.delimiter))
    return f"The header is divided by {DELIMITERS[other]}, not {expected}: set {divided_by(other)}."


def is_data(names: Sequence[str], rows: Sequence[Record]) -> bool:
    """Whether a header is more like the rows below it, some of which are given."""
    repeated = [
        name
        for place, name in enumerate(names)
        if name and any(fields[place : place + 1] == [name] for _, fields in rows)
    ]
    return bool(repeated) or any(_is_number(n) or len(n) > _LONGEST_NAME for n in names)


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
