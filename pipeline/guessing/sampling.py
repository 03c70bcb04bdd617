"""A bounded number of rows, from all over the files."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Annotated, Any

import pydantic

from components.ingest import columns, config, errors, reading, row
from components.ingest.files import names as names_of_files
from pipeline.guessing import column, wording

MOST_ROWS = 2_000
"""Rows that are kept."""
_MOST_SEEN = 20_000
"""Rows that are passed to find them; files are often sorted by label."""
_MOST_BYTES = 8_000_000


Source = Annotated[
    config.CsvSource
    | config.TsvSource
    | config.AlignedSource
    | config.JsonlSource
    | config.ConllSource
    | config.SquadSource
    | config.ParquetSource
    | config.TfrecordSource,
    pydantic.Field(discriminator="kind"),
]
"""Of tables."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What was seen of the rows."""

    columns: tuple[column.Column, ...]
    """In the order of the file."""
    kept: int
    """Rows that the figures are about."""
    total: int
    """Rows in all; an estimate unless `is_complete`."""
    is_complete: bool
    """Whether all rows were passed."""
    splits: frozenset[str]
    """Splits that files stand for."""
    repeated: tuple[str, ...]
    """Names that several columns have, which cannot be used."""

    @property
    def told(self) -> str:
        """The number of rows in words."""
        rows = wording.counted(self.total, "row")
        return rows if self.is_complete else f"about {rows}"


def read(source: Source, names: tuple[str, ...]) -> Sample:
    """Read some rows of a source.

    Args:
        source: With an absolute path.
        names: Columns as the file names them; empty if the rows tell.

    Raises:
        DataError: If files are missing or damaged, or there are no rows.
    """
    unique = tuple(dict.fromkeys(names))
    # Tables are read with all their columns; other readers take what is asked for.
    is_table = isinstance(source, config.CsvSource | config.TsvSource)
    wanted = columns.Wanted(() if is_table else unique, None, unique)
    opened = reading.open_source(source, "/", "", wanted)
    passed = [_pass(opened, shard) for shard in opened.shards]
    kept = [entry for one in passed for entry in one.kept]
    refused = [f"{one.where}: {one.reason}" for found in passed for one in found.rejected]
    if not kept:
        raise errors.DataError(
            f"{names_of_files.shown(source.path)} holds no rows that can be read: "
            f"{refused[0] if refused else 'only a header. Add rows below it'}."
        )
    is_complete = all(one.is_complete for one in passed)
    total = sum(one.total for one in passed)
    return Sample(
        tuple(
            column.Column(name, tuple(entry.values.get(name) for entry in kept))
            for name in unique or dict.fromkeys(key for entry in kept for key in entry.values)
        ),
        len(kept),
        total if is_complete else _rounded(total),
        is_complete,
        frozenset(reading.named_splits(opened)),
        tuple(name for name, count in Counter(names).items() if count > 1),
    )


@dataclasses.dataclass(frozen=True)
class _Passed:
    """A shard whose rows were passed, to its end or not."""

    kept: list[row.Row]
    rejected: list[row.Rejected]
    """The first that is no row, if there is one."""
    total: int
    """Rows in all, estimated by their size if they were not all passed."""
    is_complete: bool


def _pass(opened: reading.Opened, shard: Any) -> _Passed:
    shards = len(opened.shards)
    thinned = _Thinned(max(1, MOST_ROWS // shards))
    rejected: list[row.Rejected] = []
    seen, size = 0, 0
    for entry in opened.read(shard):
        if seen >= max(1, _MOST_SEEN // shards) or size >= _MOST_BYTES // shards:
            total = max(seen, seen * shard.size // max(size, 1))
            return _Passed(thinned.kept, rejected[:1], total, False)
        seen += 1
        if isinstance(entry, row.Row):
            thinned.add(entry)
            size += _size(entry)
        else:
            rejected.append(entry)
    return _Passed(thinned.kept, rejected[:1], seen, True)


def _size(entry: row.Row) -> int:
    """Bytes of a row with what divides its fields, roughly."""
    values = entry.values.values()
    return sum(
        1 + len(v if isinstance(v, bytes) else str(v).encode("utf-8", "replace")) for v in values
    )


def _rounded(number: int) -> int:
    """Two digits of an estimate are more than it is worth; more would be a lie."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return round(number / unit) * unit


class _Thinned:
    """Every row, then every second one, every fourth: as many as fit, from all that passed."""

    def __init__(self, most: int):
        self.kept: list[row.Row] = []
        self._most = most
        self._step = 1
        self._passed = 0

    def add(self, entry: row.Row) -> None:
        """Let a row pass."""
        if self._passed % self._step == 0:
            self.kept.append(entry)
        self._passed += 1
        if len(self.kept) > self._most:
            self.kept = self.kept[::2]
            self._step *= 2
