"""Read data as the pipeline would, without TFX or Beam, to look at it first."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from components.ingest import columns, config, encode, reading, row, splits, summary, tfexample

FIRST_ROWS = 5
_MAX_REJECTED = 100


@dataclasses.dataclass(frozen=True)
class Preview:
    """What the pipeline would see."""

    rows: tuple[dict[str, bytes], ...]
    """First accepted rows: feature to bytes, as training would get them."""
    counts: summary.Summary
    """Rows by split and label, duplicates, number of rejected rows."""
    rejected: tuple[row.Rejected, ...]
    """First rejected rows, at most 100."""
    problems: tuple[str, ...]
    """What would stop the pipeline, each with its fix."""
    is_complete: bool
    """Whether all rows were read; if not, counts are of the part read."""


def preview(
    data: config.DataConfig,
    features: Sequence[config.Feature],
    base: str,
    samples_dir: str,
    limit: int | None = None,
) -> Preview:
    """Read up to `limit` rows, check them and place them in splits.

    Args:
        data: The `data` section.
        features: Columns the task needs.
        base: Folder that relative paths start from.
        samples_dir: Folder for sample data.
        limit: Rows to read at most; None for all. Of a folder of images these are a
            sample without pattern; of a table, its first rows.

    Raises:
        DataError: If files or columns are missing or damaged.
    """
    opened = reading.open_source(
        data.source, base, samples_dir, columns.wanted(features, data.split)
    )
    records: list[encode.Record] = []
    rejected: list[row.Rejected] = []
    is_complete = True
    for entry in (entry for shard in opened.shards for entry in opened.read(shard)):
        if limit is not None and len(records) + len(rejected) == limit:
            is_complete = False
            break
        result = encode.attempt(entry, features, data.split.column)
        if isinstance(result, row.Rejected):
            rejected.append(result)
        else:
            # Only the first examples are shown; keeping all would hold the data in memory.
            is_shown = len(records) < FIRST_ROWS
            records.append(result if is_shown else result._replace(example=b""))
    counts = _count(records, rejected, _plan(data.split, opened, records))
    rejected.sort(key=row.natural_order)
    return Preview(
        rows=tuple(tfexample.parse(record.example) for record in records[:FIRST_ROWS]),
        counts=counts,
        rejected=tuple(rejected[:_MAX_REJECTED]),
        problems=tuple(summary.problems(counts, data)) if is_complete else (),
        is_complete=is_complete,
    )


def _plan(
    split: config.SplitConfig, opened: reading.Opened, records: Sequence[encode.Record]
) -> splits.Plan:
    if splits.needs_facts(split):
        return splits.plan(split, (record.fact for record in records))
    return splits.plan(split, splits.facts_of_names(reading.named_splits(opened)))


def _count(
    records: Sequence[encode.Record], rejected: list[row.Rejected], plan: splits.Plan
) -> summary.Summary:
    members = defaultdict(list)
    for record in records:
        members[splits.assign(plan, record.fact)].append((record.digest, record.label))
    parts = [summary.of_group(split, found) for split, found in members.items()]
    return summary.merge([*parts, summary.Summary(rejected=rejected, num_rejected=len(rejected))])
