"""From a source of any kind to rows: one table, two functions per kind.

A reader is a module with `shards(source, base, wanted)`, which lists parts that
can be read side by side (each with a `size` in bytes), and `read(source, shard)`,
which yields `row.Row` and `row.Rejected`.
"""

import dataclasses
import importlib
from collections.abc import Iterator
from typing import Any

from components.ingest import columns, config, errors, row
from components.ingest.files import source_files
from components.ingest.samples import table as samples

READERS = {
    "csv": "components.ingest.sources.delimited",
    "tsv": "components.ingest.sources.delimited",
    "jsonl": "components.ingest.sources.jsonl",
    "text": "components.ingest.sources.plain_text",
    "conll": "components.ingest.sources.conll",
    "aligned": "components.ingest.sources.aligned",
    "squad": "components.ingest.sources.squad",
    "parquet": "components.ingest.sources.parquet",
    "tfrecord": "components.ingest.sources.tfrecord",
    "image_folder": "components.ingest.sources.image_folder",
    "image_table": "components.ingest.sources.image_table",
}


@dataclasses.dataclass(frozen=True)
class Opened:
    """A source whose files were found and whose columns were checked."""

    source: Any
    shards: tuple[Any, ...]
    names: tuple[str, ...]
    """Columns, as the config spells them."""

    @property
    def size(self) -> int:
        """Bytes of all shards."""
        return sum(shard.size for shard in self.shards)

    def read(self, shard: Any) -> Iterator[row.Row | row.Rejected]:
        """Rows of one shard."""
        entries = importlib.import_module(READERS[self.source.kind]).read(self.source, shard)
        return (columns.aligned(entry, self.names) for entry in entries)


def paths(source: Any) -> tuple[str, ...]:
    """Fields of a source that name files or folders."""
    fields = {field.name for field in dataclasses.fields(source)}
    return tuple(field for field in ("path", "images") if field in fields)


def require(source: Any, field: str, base: str) -> None:
    """Refuse a path at which there is nothing to read, without reading.

    Args:
        source: One of `config.Source`.
        field: One of `paths`.
        base: Folder that relative paths start from.

    Raises:
        DataError: Beginning with the dotted field.
    """
    path = getattr(source, field)
    if field == "images" or isinstance(source, config.ImageFolderSource):
        if path:
            source_files.folder(f"data.source.{field}", path, base)
    else:
        source_files.listed(source, base)


def open_source(source: Any, base: str, samples_dir: str, wanted: columns.Wanted) -> Opened:
    """Find the files of a source.

    Args:
        source: One of `config.Source`.
        base: Folder that relative paths start from.
        samples_dir: Folder that sample data is written to, and reused from.
        wanted: Columns to read.

    Raises:
        DataError: If files or columns are missing.
    """
    if isinstance(source, config.SampleSource):
        source = samples.materialise(source.name, samples_dir)
    reader = importlib.import_module(READERS[source.kind])
    shards = tuple(reader.shards(source, base, wanted))
    if not shards:
        raise errors.DataError(f"`data.source.path`: {source.path!r} holds no rows.")
    return Opened(source, shards, wanted.names)


def named_splits(opened: Opened) -> set[str]:
    """Splits that files or folders of the source stand for."""
    found = set()
    for shard in opened.shards:
        found |= {image.split for image in getattr(shard, "images", ())}
        found.add(getattr(shard, "split", None))
    return {split for split in found if split}
