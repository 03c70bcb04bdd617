"""Read Parquet tables, one row group at a time."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyarrow.parquet

from components.ingest import columns, config, errors, files, row

_BATCH_ROWS = 256


@dataclasses.dataclass(frozen=True)
class RowGroup:
    """One row group of one file."""

    file: files.DataFile
    index: int
    first_row: int
    names: tuple[str, ...]
    size: int

    @property
    def split(self) -> str | None:
        """Split the file stands for."""
        return self.file.split


def shards(source: config.ParquetSource, base: str, wanted: columns.Wanted) -> list[RowGroup]:
    """Row groups of all files.

    Raises:
        DataError: If files or columns are missing, or a file is not Parquet.
    """
    found = []
    for file in files.find(source, base):
        try:
            with pyarrow.parquet.ParquetFile(file.path) as table:
                spelled = columns.require(table.schema_arrow.names, wanted.names, file.name)
                groups = [table.metadata.row_group(i) for i in range(table.num_row_groups)]
                counts = [(group.num_rows, group.total_byte_size) for group in groups]
        except (pyarrow.ArrowException, OSError) as error:
            raise errors.DataError(f"{file.name}: cannot be read as Parquet: {error}") from error
        first_row = 0
        for index, (rows, size) in enumerate(counts):
            found.append(RowGroup(file, index, first_row, spelled, size))
            first_row += rows
    return found


def read(source: config.ParquetSource, group: RowGroup) -> Iterator[row.Row]:
    """The rows of a row group.

    Raises:
        DataError: If the file is damaged.
    """
    del source  # Parquet files describe themselves.
    number = group.first_row
    try:
        with pyarrow.parquet.ParquetFile(group.file.path) as table:
            for batch in table.iter_batches(_BATCH_ROWS, [group.index], list(group.names)):
                for values in batch.to_pylist():
                    number += 1
                    flat = {name: _content(value) for name, value in values.items()}
                    yield row.Row(flat, f"{group.file.name}:{number}", group.split)
    except (pyarrow.ArrowException, OSError) as error:
        raise errors.DataError(f"{group.file.name}:{number}: damaged Parquet: {error}") from error


def _content(value: Any) -> Any:
    """Bytes of an image that is stored as a struct of bytes and path."""
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return value["bytes"]
    return value
