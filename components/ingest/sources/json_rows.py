"""Find the rows in a JSON object that holds a whole table."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.ingest import columns, errors
from components.ingest.sources import json_text


def is_row(value: Any, names: Sequence[str]) -> bool:
    """Whether an object alone is a row: it has the columns, and not only lists or objects there."""
    if not isinstance(value, dict) or not columns.has_all(value, names):
        return False
    return not all(isinstance(held, dict | list) for held in _columns(value, names).values())


def inside(value: Mapping[str, Any], names: Sequence[str], file: str) -> Sequence[Any]:
    """The rows that an object holds.

    They may be a list of objects under a key (`{"data": [{...}]}`), lists or mappings by
    column (`{"text": [...], "label": [...]}`), objects by row (`{"0": {...}}`), or lists
    beside the names of the columns (`{"columns": [...], "data": [[...]]}`).

    Args:
        value: The object.
        names: Columns to read.
        file: For errors.

    Raises:
        DataError: If that is unclear.
    """
    if columns.has_all(value, names):
        return _by_column(_columns(value, names), file)
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return _split(value["columns"], value["data"], file)
    lists = {key: rows for key, rows in value.items() if _has_rows(rows, names)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if lists:
        shown = ", ".join(map(repr, lists))
        raise errors.DataError(
            f"{file}: one JSON object with rows under several keys ({shown}), so it is unclear "
            "which are meant. Save each as a file of its own, for example with "
            f"`jq -c '.[{_quoted(next(iter(lists)))}][]' {file} > {next(iter(lists))}.jsonl`; "
            "files named train, eval and test are the splits."
        )
    if _has_rows(list(value.values()), names):
        return list(value.values())
    return _only_list(value, file)


def names(value: Mapping[str, Any]) -> list[str]:
    """The columns of the rows that an object holds, or of itself if it is a row."""
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return list(map(str, value["columns"]))
    listed = next(filter(_is_objects, value.values()), None)
    held = list(value.values())
    # Rows by their number, as pandas writes them; columns hold their cells by number.
    if listed is None and _is_objects(held) and not all(key.isdecimal() for key in held[0]):
        listed = held
    return list(value if listed is None else dict.fromkeys(key for row in listed for key in row))


def _only_list(value: Mapping[str, Any], file: str) -> Sequence[Any]:
    """The one list of objects there is, though a column is missing in it."""
    lists = [rows for rows in value.values() if _is_objects(rows)]
    if len(lists) == 1:
        return lists[0]
    if not any(isinstance(held, dict | list) for held in value.values()):
        return [value]
    keys = ", ".join(f"{key!r} ({json_text.name(held)})" for key, held in list(value.items())[:10])
    raise errors.DataError(
        f"{file}: one JSON object with the keys {keys}. Expected one object a line, an array of "
        "objects, or an object that holds them under one key or by column, with the columns that "
        "`task` names."
    )


def _is_objects(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and all(isinstance(r, dict) for r in rows)


def _has_rows(rows: Any, names: Sequence[str]) -> bool:
    return _is_objects(rows) and any(columns.has_all(r, names) for r in rows)


def _columns(value: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What stands under the keys that are columns."""
    return {name: value[columns.spellings(name, value)[0]] for name in names}


def _by_column(held: Mapping[str, Any], file: str) -> Sequence[Any]:
    """Rows of columns that are lists, or mappings by row."""
    lengths = {name: len(column) for name, column in held.items() if isinstance(column, list)}
    if len(lengths) == len(held) and len(set(lengths.values())) == 1:
        return [dict(zip(held, cells, strict=True)) for cells in zip(*held.values(), strict=True)]
    if all(isinstance(column, dict) for column in held.values()):
        keys = dict.fromkeys(key for column in held.values() for key in column)
        return [{name: column.get(key) for name, column in held.items()} for key in keys]
    found = ", ".join(
        f"{name!r} is {json_text.name(column)}"
        + (f" of {len(column)}" if isinstance(column, dict | list) else "")
        for name, column in held.items()
    )
    raise errors.DataError(
        f"{file}: one JSON object with the columns as keys, but {found}. Expected lists of the "
        "same length, or one object a line."
    )


def _split(header: list[Any], rows: list[Any], file: str) -> Sequence[Any]:
    """Rows of lists, named by another list."""
    for number, cells in enumerate(rows, 1):
        if not isinstance(cells, list) or len(cells) != len(header):
            raise errors.DataError(
                f"{file}: entry {number} of 'data' is {json_text.name(cells)}, where a list of "
                f"{len(header)} is expected, one for each of 'columns'."
            )
    return [dict(zip(map(str, header), cells, strict=True)) for cells in rows]


def _quoted(key: str) -> str:
    return f'"{key}"'
