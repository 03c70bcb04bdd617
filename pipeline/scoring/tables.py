"""Answers as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import collections
import csv
import json
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import pyarrow
import pyarrow.parquet

WHERE = "where"
"""Column that says where a row was read."""
PREFIX = "predicted_"
"""Before the names of what is answered, since a scored file may have a column `label`."""
REASON = "reason"
"""Column that says why a row is left out."""
_ROW_GROUP = 10_000
_MAP = pyarrow.map_(pyarrow.string(), pyarrow.float64())
_TYPES = {
    "text": pyarrow.string(),
    "truth": pyarrow.bool_(),
    "whole number": pyarrow.int64(),
    "number": pyarrow.float64(),
    "map": pyarrow.map_(pyarrow.string(), pyarrow.float64()),
    "list": pyarrow.list_(pyarrow.string()),
}
_PLAIN = {str: "text", bool: "truth", float: "number"}
Rows = Callable[[], Iterator[dict[str, Any]]]
"""Gives the rows from the beginning, each time it is called."""


def flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the output: where it was read, what it held, what is answered."""
    answer = {PREFIX + name: value for name, value in entry["answer"].items()}
    return {WHERE: entry[WHERE], **entry["columns"], **answer}


def write_csv(path: pathlib.Path, rows: Rows) -> None:
    """Write a table with a header; what is no text or number is JSON in its cell."""
    names = list(_names(rows()))
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_cell(row.get(name)) for name in names] for row in rows())


def write_jsonl(path: pathlib.Path, rows: Rows) -> None:
    """Write an object a line."""
    with open(path, "w", encoding="utf-8") as file:
        for row in rows():
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_parquet(path: pathlib.Path, rows: Rows) -> None:
    """Write typed columns; maps of numbers and lists of texts stay what they are."""
    schema = _schema(rows())
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for group in _grouped(rows()):
            columns = [
                _array([row.get(field.name) for row in group], field.type) for field in schema
            ]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))


def _names(rows: Iterable[Mapping[str, Any]]) -> dict[str, None]:
    """Columns of all rows; JSON may leave some out of single rows."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return names


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _schema(rows: Iterable[Mapping[str, Any]]) -> pyarrow.Schema:
    kinds: dict[str, set[str | None]] = collections.defaultdict(set)
    for row in rows:
        for name, value in row.items():
            kinds[name].add(_kind(value))
    return pyarrow.schema([(name, _common(found - {None})) for name, found in kinds.items()])


def _kind(value: Any) -> str | None:
    """Name of the type of a cell; None for one without a value."""
    plain = _PLAIN.get(type(value))
    if plain is not None or value is None:
        return plain
    if isinstance(value, int):
        return "whole number" if -(2**63) <= value < 2**63 else "text"
    if isinstance(value, Mapping) and all(isinstance(one, float) for one in value.values()):
        return "map"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "list"
    return "text"


def _common(found: Set[str | None]) -> pyarrow.DataType:
    if found == {"whole number", "number"}:
        return _TYPES["number"]
    return _TYPES[next(iter(found)) or "text"] if len(found) == 1 else _TYPES["text"]


def _array(values: Sequence[Any], type_: pyarrow.DataType) -> pyarrow.Array:
    if type_ == _TYPES["map"]:
        return _maps(values)
    if type_ == _TYPES["number"]:
        # Arrow refuses whole numbers that this rounds.
        return pyarrow.array([None if v is None else float(v) for v in values], type_)
    if type_ == _TYPES["text"]:
        return pyarrow.array([v if isinstance(v, str | None) else _json(v) for v in values], type_)
    return pyarrow.array(values, type_)


def _maps(values: Sequence[Mapping[str, float] | None]) -> pyarrow.Array:
    """Built from its parts: six times as fast as from pairs."""
    starts: list[int | None] = []
    keys: list[str] = []
    items: list[float] = []
    for value in values:
        starts.append(None if value is None else len(keys))
        keys += value or ()
        items += value.values() if value else ()
    offsets = pyarrow.array([*starts, len(keys)], pyarrow.int32())
    return pyarrow.MapArray.from_arrays(
        offsets, pyarrow.array(keys, pyarrow.string()), pyarrow.array(items, pyarrow.float64())
    )


def _grouped(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


WRITERS: dict[str, Callable[[pathlib.Path, Rows], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".parquet": write_parquet,
}
"""By the ending of the file."""
