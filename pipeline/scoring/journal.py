"""Answers so far, in a file that a killed command continues."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

_EXACT = b" "
"""Before a line that needs Python's own JSON, which knows NaN, long integers and any object."""
_BLOCK = 1 << 20


class Journal:
    """A line a row, in order: what it held and what was answered, or why it is left out.

    The first line says of what; a journal of something else is begun anew. A kill may leave half a
    line, which is cut off. The system keeps what a killed process wrote.

    Args:
        path: Of the file.
        identity: Of model and data, as JSON takes it.
    """

    def __init__(self, path: pathlib.Path, identity: Mapping[str, Any]):
        self._path = path
        # In ASCII: a path may hold bytes that are no UTF-8.
        self._first = (json.dumps(identity) + "\n").encode()
        self._file: BinaryIO
        self.rows = 0
        """Complete lines, without the first."""

    def __enter__(self) -> Self:
        self._file = open(self._path, "ab+")
        self._file.seek(0)
        if self._file.readline() != self._first:
            self._file.truncate(0)
            self._file.write(self._first)
            self._file.flush()
            return self
        end = self._file.tell()
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            self.rows += 1
            end += len(line)
        self._file.truncate(end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Append rows; a kill loses none that this has returned for."""
        lines = [_line(one) for one in entries]
        self._file.write(b"".join(lines))
        self._file.flush()
        self.rows += len(lines)

    def read(self) -> Iterator[dict[str, Any]]:
        """All rows."""
        with open(self._path, "rb", buffering=_BLOCK) as file:
            next(file)
            for line in file:
                yield json.loads(line) if line.startswith(_EXACT) else orjson.loads(line)

    def remove(self) -> None:
        """Remove the file."""
        os.unlink(self._path)


def _line(entry: Mapping[str, Any]) -> bytes:
    try:
        line = orjson.dumps(
            entry, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
        )
        if b"null" not in line:  # Which may stand for NaN.
            return line
    except TypeError:
        pass
    text = json.dumps(entry, ensure_ascii=False, default=str)
    # JSON may hold halves of surrogate pairs, which no table can be written with.
    return _EXACT + text.encode("utf-8", "replace") + b"\n"
