"""Read Parquet tables, one row group at a time."""

import dataclasses
from collections.abc import Iterator

import pyarrow
import pyarrow.parquet

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.sources import arrow_values

_BATCH_ROWS = 256
# Names of columns may be damaged too.
_DAMAGE = (pyarrow.ArrowException, OSError, UnicodeDecodeError)


@dataclasses.dataclass(frozen=True)
class RowGroup:
    """One row group of one file."""

    file: source_files.DataFile
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
        DataError: If files or columns are missing, a file is not Parquet, or a column holds
            something that is no text, number or image.
    """
    found = []
    for file in source_files.find(source, base):
        try:
            with pyarrow.parquet.ParquetFile(file.path) as table:
                schema = table.schema_arrow
                groups = [table.metadata.row_group(i) for i in range(table.num_row_groups)]
                counts = [(group.num_rows, group.total_byte_size) for group in groups]
        except _DAMAGE as error:
            raise errors.DataError(_unreadable(file, error)) from error
        spelled = columns.require(schema.names, wanted.names, file.name)
        for name, spelling in zip(wanted.names, spelled, strict=True):
            kind = schema.field(spelling).type
            if not (name in wanted.lists and arrow_values.is_list(kind)):
                arrow_values.require_single(kind, name, file.name, is_image=name == wanted.image)
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
                cells = [arrow_values.plain(batch.column(name)) for name in group.names]
                for values in zip(*cells, strict=True):
                    number += 1
                    where = f"{group.file.name}:{number}"
                    yield row.Row(dict(zip(group.names, values, strict=True)), where, group.split)
    except _DAMAGE as error:
        reason = "its text is not UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise errors.DataError(f"{group.file.name}:{number}: damaged Parquet: {reason}") from error


def _unreadable(file: source_files.DataFile, error: Exception) -> str:
    """What a file is that is no Parquet."""
    try:
        first = contents.head(file.path)
    except source_files.DAMAGE:
        first = b""
    is_parquet = first.startswith(b"PAR1")
    known = None if is_parquet or not first else contents.known(first, file.path)
    if known:
        what, fix = known
        return f"{file.name} is {what}, not Parquet. {fix}."
    if not is_parquet and contents.is_text(first):
        return (
            f"{file.name} is text, not Parquet. Set `data.source.kind` to csv, tsv or jsonl, as it "
            "is written."
        )
    reason = "a name in it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error
    return f"{file.name}: cannot be read as Parquet, was it copied completely? ({reason})"
