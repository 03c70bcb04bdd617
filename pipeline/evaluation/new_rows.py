"""New rows, checked as Ingest checks training rows."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator

from components.ingest import columns, encode, errors, reading, row
from components.ingest.config import SplitConfig
from pipeline.config.sections import PipelineConfig

_NAME_ANOTHER = "Name the right one with --set, as in --set task.label=COLUMN."


@dataclasses.dataclass(frozen=True)
class NewRow:
    """One row to judge by."""

    where: str
    """`file:line`, `file:row` or the path of an image."""
    example: bytes
    """Serialized tf.Example with the columns of task and slices."""


def read(config: PipelineConfig) -> Iterator[NewRow | row.Rejected]:
    """Rows, and what is none, in the order of the files.

    All rows are new ones, whatever splits files, folders or a column name.

    Args:
        config: Of the model's run, with the new data in its place.

    Raises:
        ValueError: If there is nothing to read, or columns are missing.
    """
    wanted = columns.wanted(config.features, SplitConfig())
    try:
        opened = reading.open_source(config.data.source, str(pathlib.Path.cwd()), "", wanted)
        for shard in opened.shards:
            for entry in opened.read(shard):
                found = encode.attempt(entry, config.features, None)
                if isinstance(found, row.Rejected):
                    yield found
                else:
                    yield NewRow(entry.where, found.example)
    except errors.DataError as error:
        reason = str(error).replace(columns.NAME_ANOTHER, _NAME_ANOTHER)
        raise ValueError(reason.replace("`data.source.path`", "DATA")) from error
