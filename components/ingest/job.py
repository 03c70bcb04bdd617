"""The Beam job of Ingest: read, split, shuffle, write.

Rows travel in batches and pass one shuffle, keyed by split and output file, so small
data is not slowed by per-element work. Within a file, rows are in the order of their
hashes: without pattern, and the same in every run.
"""

import base64
import functools
import itertools
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.io import filesystem, filesystems

from components import tfrecord
from components.ingest import config, encode, images, reading, row, splits
from components.ingest.review import summary

QUARANTINE_FILE = "quarantine.jsonl"
COUNTS_FILE = "counts.json"
ORIGINALS_FILE = "originals.jsonl"
"""Beside the splits: a few image files of each format, before and after Ingest, for the Canary."""
_ORIGINALS = 2
"""Of each format, the smallest ones that are seen."""
_QUARANTINE = "quarantine"
_BATCH_ROWS = 512
_BATCH_BYTES = 8 * 1024 * 1024
# One worker sorts one output file in memory.
_FILE_BYTES = 64 * 1024 * 1024

_Batch = list[encode.Record | row.Rejected]
_Key = tuple[str, int]


def num_files(opened: reading.Opened) -> int:
    """Output files per split, so that each can be sorted in memory."""
    return max(1, math.ceil(opened.size / _FILE_BYTES))


def build(
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
        examples_uri: Folder that receives `Split-<name>/data_tfrecord-*.gz`, and of images
            `originals.jsonl`.
        quarantine_uri: Folder that receives `quarantine.jsonl` and `counts.json`.
    """
    batches = (
        pipeline
        | "Shards" >> beam.Create(opened.shards)
        | "Read" >> beam.FlatMap(_read_batches, opened, tuple(features), split)
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
    if any(feature.holds == "image" for feature in features):
        _ = (
            batches
            | "Originals" >> beam.Map(_originals)
            | "Choose" >> beam.CombineGlobally(_choose)
            | "WriteOriginals" >> beam.Map(_write_originals, examples_uri)
        )
    files = num_files(opened)
    left_out = (
        batches
        | "Place" >> beam.FlatMap(_place, plan, files)
        | "Shuffle" >> beam.GroupByKey()
        | "Write" >> beam.Map(_write, examples_uri, quarantine_uri, files)
    )
    # Copies of a content may be in several splits, so all splits are counted together.
    counted = (
        batches
        | "PlaceFacts" >> beam.FlatMap(_place_facts, plan, files)
        | "ByContent" >> beam.GroupByKey()
        | "CountContents" >> beam.Map(_count)
    )
    counts = [left_out, counted]
    if split.group:
        counts.append(
            batches
            | "PlaceGroups" >> beam.FlatMap(_place_groups, plan, files)
            | "ByGroup" >> beam.GroupByKey()
            | "CountGroups" >> beam.Map(_count_groups)
        )
    (
        counts
        | "Together" >> beam.Flatten()
        | "Count" >> beam.CombineGlobally(summary.merge)
        | "WriteCounts" >> beam.Map(_write_counts, quarantine_uri)
    )


def _read_batches(
    shard: Any,
    opened: reading.Opened,
    features: tuple[config.Feature, ...],
    split: config.SplitConfig,
) -> Iterator[_Batch]:
    batch: _Batch = []
    size = 0
    seen: set[tuple[str, bool]] = set()
    for entry in opened.read(shard):
        encoded = encode.attempt(entry, features, split.column, split.group)
        result = _without_repeated(encoded, seen)
        batch.append(result)
        size += len(result.example) if isinstance(result, encode.Record) else 0
        if len(batch) == _BATCH_ROWS or size > _BATCH_BYTES:
            yield batch
            batch, size, seen = [], 0, set()
    if batch:
        yield batch


def _without_repeated(
    result: encode.Record | row.Rejected, seen: set[tuple[str, bool]]
) -> encode.Record | row.Rejected:
    """The result, with its original only if it is the first of its kind, which `seen` notes."""
    if isinstance(result, row.Rejected) or result.original is None:
        return result
    if result.original.kind in seen:
        return result._replace(original=None)
    seen.add(result.original.kind)
    return result


def _originals(batch: _Batch) -> list[images.Original]:
    records = (entry for entry in batch if isinstance(entry, encode.Record))
    return [record.original for record in records if record.original is not None]


def _choose(parts: Iterable[list[images.Original]]) -> list[images.Original]:
    """The smallest of each kind, in an order that depends on nothing else."""
    found = sorted(
        set(itertools.chain.from_iterable(parts)),
        key=lambda original: (original.kind, len(original.data), original.data),
    )
    groups = itertools.groupby(found, key=lambda original: original.kind)
    return [one for _, group in groups for one in itertools.islice(group, _ORIGINALS)]


def _write_originals(originals: list[images.Original], uri: str) -> None:
    with _create(os.path.join(uri, ORIGINALS_FILE)) as stream:
        for original in originals:
            entry = {
                "format": original.format,
                "is_converted": original.is_converted,
                "original": base64.b64encode(original.data).decode(),
                "prepared": base64.b64encode(images.prepare(original.data).data).decode(),
            }
            stream.write(json.dumps(entry).encode() + b"\n")


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
            split = splits.assign(plan, entry.fact)
            groups[split, _file(entry, files)].append(entry._replace(original=None))
    yield from groups.items()


def _place_facts(
    batch: _Batch, plan: splits.Plan, files: int
) -> Iterator[tuple[int, list[tuple[str, splits.Fact]]]]:
    groups = defaultdict(list)
    for entry in batch:
        if isinstance(entry, encode.Record):
            groups[_file(entry, files)].append((splits.assign(plan, entry.fact), entry.fact))
    yield from groups.items()


def _place_groups(
    batch: _Batch, plan: splits.Plan, files: int
) -> Iterator[tuple[int, list[tuple[str, splits.Fact]]]]:
    groups = defaultdict(list)
    for entry in batch:
        if isinstance(entry, encode.Record) and entry.group:
            fact = entry.fact
            file = int.from_bytes(fact.unit[8:], "big") % files
            groups[file].append((splits.assign(plan, fact), fact))
    yield from groups.items()


def _count_groups(group: tuple[int, Iterable[list[tuple[str, splits.Fact]]]]) -> summary.Summary:
    return summary.of_groups(itertools.chain.from_iterable(group[1]))


def _file(record: encode.Record, files: int) -> int:
    # The split takes the first bytes of the hash, so the file takes others.
    return int.from_bytes(record.digest[8:], "big") % files


def _count(group: tuple[int, Iterable[list[tuple[str, splits.Fact]]]]) -> summary.Summary:
    return summary.of_placed(itertools.chain.from_iterable(group[1]))


def _write(
    group: tuple[_Key, Iterable[_Batch]], examples_uri: str, quarantine_uri: str, files: int
) -> summary.Summary:
    """Write one file; of what is left out, also return the counts."""
    (split, file), batches = group
    entries: Any = itertools.chain.from_iterable(batches)
    if split == _QUARANTINE:
        return _write_quarantine(sorted(entries, key=row.natural_order), quarantine_uri)
    records = sorted(entries, key=_content_order)
    path = _data_file(examples_uri, split, file, files)
    _write_records(path, (record.example for record in records))
    return summary.Summary()


def _content_order(record: encode.Record) -> tuple[bytes, str, bytes]:
    return record.digest, record.stratum, record.example


def _write_records(path: str, records: Iterable[bytes]) -> None:
    with _create(path) as stream:
        tfrecord.write(stream, records)


def _write_quarantine(rejected: list[row.Rejected], uri: str) -> summary.Summary:
    with _create(os.path.join(uri, QUARANTINE_FILE)) as stream:
        for entry in rejected:
            stream.write(json.dumps(vars(entry), ensure_ascii=False).encode() + b"\n")
    return summary.Summary(rejected=rejected[: summary.MAX_REASONS], num_rejected=len(rejected))


def _write_counts(counts: summary.Summary, uri: str) -> None:
    if not counts.num_rejected:
        # No group was written, and an empty list says more than no list.
        _write_quarantine([], uri)
    with _create(os.path.join(uri, COUNTS_FILE)) as stream:
        stream.write(json.dumps(counts.to_json(), ensure_ascii=False, indent=2).encode() + b"\n")


def _create(path: str) -> Any:
    # Records are compressed here; Beam would otherwise do it again because of the name.
    plain = filesystem.CompressionTypes.UNCOMPRESSED
    return filesystems.FileSystems.create(path, compression_type=plain)


def fill_gaps(examples_uri: str, split: str, files: int) -> None:
    """Write the files that no row fell into, so that the numbering has no gaps."""
    for file in range(files):
        path = _data_file(examples_uri, split, file, files)
        if not filesystems.FileSystems.exists(path):
            _write_records(path, ())


def _data_file(uri: str, split: str, file: int, files: int) -> str:
    return os.path.join(uri, f"Split-{split}", f"data_tfrecord-{file:05d}-of-{files:05d}.gz")
