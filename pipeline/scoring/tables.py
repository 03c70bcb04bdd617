"""Answers as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
import json
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping
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
_LIST = pyarrow.list_(pyarrow.string())
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
                pyarrow.array([_as(row.get(field.name), field.type) for row in group], field.type)
                for field in schema
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
    kinds: dict[str, set[pyarrow.DataType]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).update({_type(value)} - {None})
    return pyarrow.schema([(name, _common(found)) for name, found in kinds.items()])


def _type(value: Any) -> pyarrow.DataType | None:
    """Type of a cell; None for one without a value."""
    if value is None:
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return pyarrow.string()
    for kind, type_ in (
        (bool, pyarrow.bool_()),
        (int, pyarrow.int64()),
        (float, pyarrow.float64()),
    ):
        if isinstance(value, kind):
            return type_
    if isinstance(value, Mapping) and all(isinstance(one, float) for one in value.values()):
        return _MAP
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _LIST
    return pyarrow.string()


def _common(found: set[pyarrow.DataType]) -> pyarrow.DataType:
    if found == {pyarrow.int64(), pyarrow.float64()}:
        return pyarrow.float64()
    return found.pop() if len(found) == 1 else pyarrow.string()


def _as(value: Any, type_: pyarrow.DataType) -> Any:
    if type_ == pyarrow.float64() and value is not None:
        return float(value)  # Arrow refuses whole numbers that this rounds.
    if value is None or type_ != pyarrow.string() or isinstance(value, str):
        return list(value.items()) if type_ == _MAP and value else value
    return _json(value)


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
