"""The Beam job of Ingest: read, split, shuffle, write.

Rows travel in batches and pass one shuffle, keyed by split and output file, so small
data is not slowed by per-element work. Within a file, rows are in the order of their
hashes: without pattern, and the same in every run.
"""

import functools
import itertools
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import pydantic
from apache_beam.io import filesystems
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from components.ingest import (
    columns,
    config,
    encode,
    errors,
    reading,
    row,
    splits,
    summary,
    tfrecord,
)

QUARANTINE_FILE = "quarantine.jsonl"
COUNTS_FILE = "counts.json"
_QUARANTINE = "quarantine"
_BATCH_ROWS = 512
_BATCH_BYTES = 8 * 1024 * 1024
# One worker sorts one output file in memory.
_FILE_BYTES = 64 * 1024 * 1024

_Batch = list[encode.Record | row.Rejected]
_Key = tuple[str, int]


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs the job and stops the pipeline if the data is unusable."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the splits and the quarantine.

        Raises:
            DataError: If files or columns are missing, too many rows are unusable, or a
                split or the label cannot be trained on.
        """
        del input_dict
        data, features = parse(exec_properties)
        wanted = columns.wanted(features, data.split)
        opened = reading.open_source(
            data.source, exec_properties["base"], exec_properties["samples_dir"], wanted
        )
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        quarantine = artifact_utils.get_single_instance(output_dict["quarantine"])
        with self._make_beam_pipeline() as pipeline:
            ingest(pipeline, opened, data.split, features, examples.uri, quarantine.uri)
        counts = _checked_counts(data, quarantine.uri)
        for split in counts.splits():
            _complete(examples.uri, split, num_files(opened))
        examples.splits = list(counts.splits())
        examples.set_string_custom_property("file_format", "tfrecords_gzip")
        examples.set_string_custom_property(
            "payload_format",
            example_gen_pb2.PayloadFormat.Name(example_gen_pb2.FORMAT_TF_EXAMPLE),
        )


def parse(exec_properties: dict[str, Any]) -> tuple[config.DataConfig, list[config.Feature]]:
    """The component's parameters as objects."""
    data = config.DataConfig(
        source=pydantic.TypeAdapter(config.Source).validate_json(exec_properties["source"]),
        split=pydantic.TypeAdapter(config.SplitConfig).validate_json(exec_properties["split"]),
        max_quarantined=exec_properties["max_quarantined"],
    )
    features = pydantic.TypeAdapter(list[config.Feature])
    return data, features.validate_json(exec_properties["features"])


def num_files(opened: reading.Opened) -> int:
    """Output files per split, so that each can be sorted in memory."""
    return max(1, math.ceil(opened.size / _FILE_BYTES))


def ingest(
    pipeline: beam.Pipeline,
    opened: reading.Opened,
    split: config.SplitConfig,
    features: Sequence[config.Feature],
    examples_uri: str,
    quarantine_uri: str,
) -> None:
    """Build the job.

    Args:
        pipeline: Where to build it.
        opened: The source.
        split: How rows are divided.
        features: Columns to write.
        examples_uri: Folder that receives `Split-<name>/data_tfrecord-*.gz`.
        quarantine_uri: Folder that receives `quarantine.jsonl` and `counts.json`.
    """
    batches = (
        pipeline
        | "Shards" >> beam.Create(opened.shards)
        | "Read" >> beam.FlatMap(_read_batches, opened, tuple(features), split.column)
    )
    plan: Any = splits.plan(split, splits.facts_of_names(reading.named_splits(opened)))
    if splits.needs_facts(split):
        # Batches hold whole texts and images; only the facts may be gathered in one place.
        plan = beam.pvalue.AsSingleton(
            batches
            | "Facts" >> beam.Map(_facts)
            | "Gather" >> beam.CombineGlobally(_concatenate)
            | "Plan" >> beam.Map(functools.partial(_plan, split))
        )
    files = num_files(opened)
    (
        batches
        | "Place" >> beam.FlatMap(_place, plan, files)
        | "Shuffle" >> beam.GroupByKey()
        | "Write" >> beam.Map(_write, examples_uri, quarantine_uri, files)
        | "Count" >> beam.CombineGlobally(summary.merge)
        | "WriteCounts" >> beam.Map(_write_counts, quarantine_uri)
    )


def _read_batches(
    shard: Any,
    opened: reading.Opened,
    features: tuple[config.Feature, ...],
    split_column: str | None,
) -> Iterator[_Batch]:
    batch: _Batch = []
    size = 0
    for entry in opened.read(shard):
        result = encode.attempt(entry, features, split_column)
        batch.append(result)
        size += len(result.example) if isinstance(result, encode.Record) else 0
        if len(batch) == _BATCH_ROWS or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _facts(batch: _Batch) -> list[splits.Fact]:
    return [entry.fact for entry in batch if isinstance(entry, encode.Record)]


def _concatenate(parts: Iterable[list[splits.Fact]]) -> list[splits.Fact]:
    return list(itertools.chain.from_iterable(parts))


def _plan(split: config.SplitConfig, facts: list[splits.Fact]) -> splits.Plan:
    return splits.plan(split, facts)


def _place(batch: _Batch, plan: splits.Plan, files: int) -> Iterator[tuple[_Key, _Batch]]:
    groups: dict[_Key, _Batch] = defaultdict(list)
    for entry in batch:
        if isinstance(entry, row.Rejected):
            groups[_QUARANTINE, 0].append(entry)
        else:
            # The split takes the first bytes of the hash, so the file takes others.
            file = int.from_bytes(entry.digest[8:], "big") % files
            groups[splits.assign(plan, entry.fact), file].append(entry)
    yield from groups.items()


def _write(
    group: tuple[_Key, Iterable[_Batch]], examples_uri: str, quarantine_uri: str, files: int
) -> summary.Summary:
    """Write one file and return its counts."""
    (split, file), batches = group
    entries: Any = itertools.chain.from_iterable(batches)
    if split == _QUARANTINE:
        return _write_quarantine(sorted(entries, key=row.natural_order), quarantine_uri)
    records = sorted(entries, key=_content_order)
    path = _data_file(examples_uri, split, file, files)
    _write_records(path, (record.example for record in records))
    return summary.of_group(split, [(record.digest, record.label) for record in records])


def _content_order(record: encode.Record) -> tuple[bytes, str, bytes]:
    return record.digest, record.label, record.example


def _write_records(path: str, records: Iterable[bytes]) -> None:
    fileio.makedirs(os.path.dirname(path))
    # The file is compressed here; Beam would otherwise do it again because of the name.
    plain = filesystems.CompressionTypes.UNCOMPRESSED
    with filesystems.FileSystems.create(path, compression_type=plain) as stream:
        tfrecord.write(stream, records)


def _write_quarantine(rejected: list[row.Rejected], uri: str) -> summary.Summary:
    lines = [json.dumps(vars(entry), ensure_ascii=False) + "\n" for entry in rejected]
    with fileio.open(os.path.join(uri, QUARANTINE_FILE), "w") as stream:
        # One write even of nothing: without any, TensorFlow creates no file.
        stream.write("".join(lines))
    return summary.Summary(rejected=rejected[: summary.MAX_REASONS], num_rejected=len(rejected))


def _write_counts(counts: summary.Summary, uri: str) -> None:
    with fileio.open(os.path.join(uri, COUNTS_FILE), "w") as stream:
        stream.write(json.dumps(counts.to_json(), ensure_ascii=False, indent=2) + "\n")


def _checked_counts(data: config.DataConfig, uri: str) -> summary.Summary:
    """Counts of the finished job.

    Raises:
        DataError: If the data cannot be trained on.
    """
    with fileio.open(os.path.join(uri, COUNTS_FILE)) as stream:
        found = json.loads(stream.read())
    listing = os.path.join(uri, QUARANTINE_FILE)
    if not found["rejected"]:
        _write_quarantine([], uri)
    with fileio.open(listing) as stream:
        first = [json.loads(line) for line in itertools.islice(stream, summary.MAX_REASONS)]
    counts = summary.from_json(found, [row.Rejected(**entry) for entry in first])
    # TFX deletes the outputs of a component that fails, and people need the list.
    kept = uri.rstrip("/") + ".rejected.jsonl"
    problems = summary.problems(counts, data, kept)
    if problems:
        if counts.num_rejected:
            fileio.copy(listing, kept, overwrite=True)
        raise errors.DataError("\n".join(problems))
    return counts


def _complete(examples_uri: str, split: str, files: int) -> None:
    """Write the files that no row fell into, so that the numbering has no gaps."""
    for file in range(files):
        path = _data_file(examples_uri, split, file, files)
        if not fileio.exists(path):
            _write_records(path, ())


def _data_file(uri: str, split: str, file: int, files: int) -> str:
    return os.path.join(uri, f"Split-{split}", f"data_tfrecord-{file:05d}-of-{files:05d}.gz")
