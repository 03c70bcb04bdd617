"""Read data as the pipeline would, without TFX or Beam, to look at it first."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from components import round_robin
from components.ingest import columns, config, encode, errors, reading, row, splits, tfexample
from components.ingest.review import glance, problems, remarks, repeats, summary

FIRST_ROWS = 5
_MAX_REJECTED = 100


@dataclasses.dataclass(frozen=True)
class Preview:
    """What the pipeline would see."""

    rows: tuple[dict[str, Any], ...]
    """First accepted rows: feature to value, as training would get them."""
    counts: summary.Summary
    """Rows by split and label, duplicates, number of rejected rows."""
    rejected: tuple[row.Rejected, ...]
    """First rejected rows, at most 100."""
    remarks: tuple[str, ...]
    """What to know of the data, most harmful first."""
    problems: tuple[str, ...]
    """What would stop the pipeline, each with its fix."""
    formats: Mapping[tuple[str, bool], int]
    """Images by format and whether training gets a PNG in their place, as a server does not read
    them."""
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
    found = _read(opened, features, data.split, limit)
    plan = _plan(data.split, opened, found.records)
    placed = [
        repeats.Placed(record.fact, splits.assign(plan, record.fact), where)
        for record, where in zip(found.records, found.wheres, strict=True)
    ]
    counts = _count(placed, found.rejected)
    roles = columns.roles(features, data.split)
    details = remarks.Details(
        repeats.first(repeats.shared(placed), remarks.SHOWN),
        repeats.first(repeats.contradicting(placed), remarks.SHOWN),
        repeats.first(repeats.divided(placed), remarks.SHOWN),
        found.glance.words,
        found.glance.numbers,
        found.glance.headers,
        found.glance.like_labels(),
    )
    wrong = problems.problems(counts, data, roles, like_labels=details.like_labels)
    told = remarks.remarks(counts, data, roles, details)
    return Preview(
        rows=tuple(tfexample.parse(record.example) for record in found.records[:FIRST_ROWS]),
        counts=counts,
        rejected=tuple(sorted(found.rejected, key=row.natural_order)[:_MAX_REJECTED]),
        remarks=tuple(remark for remark in told if remark not in wrong),
        problems=tuple(wrong) if found.is_complete else (),
        formats=found.formats,
        is_complete=found.is_complete,
    )


@dataclasses.dataclass
class _Read:
    """What was read."""

    glance: glance.Glance
    records: list[encode.Record] = dataclasses.field(default_factory=list)
    """Usable rows; but for the first ones, without their example."""
    wheres: list[str] = dataclasses.field(default_factory=list)
    """Where each was read."""
    rejected: list[row.Rejected] = dataclasses.field(default_factory=list)
    formats: Counter[tuple[str, bool]] = dataclasses.field(default_factory=Counter)
    is_complete: bool = True


def _read(
    opened: reading.Opened,
    features: Sequence[config.Feature],
    split: config.SplitConfig,
    limit: int | None,
) -> _Read:
    found = _Read(glance.Glance(features, {split.column, split.group}))
    for entry in (entry for shard in opened.shards for entry in opened.read(shard)):
        if limit is not None and len(found.records) + len(found.rejected) == limit:
            found.is_complete = False
            return found
        if isinstance(entry, row.Rejected):
            found.rejected.append(entry)
            continue
        result = encode.attempt(entry, features, split.column, split.group)
        if isinstance(result, row.Rejected):
            found.rejected.append(result)
            continue
        if result.original is not None:
            found.formats[result.original.kind] += 1
        # Only the first examples are shown; keeping all would hold the data in memory.
        example = result.example if len(found.records) < FIRST_ROWS else b""
        found.records.append(result._replace(example=example, original=None))
        found.wheres.append(entry.where)
        found.glance.at(entry)
    return found


def train_rows(
    data: config.DataConfig,
    features: Sequence[config.Feature],
    base: str,
    samples_dir: str,
    number: int,
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Some rows of the train split, of all strata in turn.

    Args:
        data: The `data` section.
        features: Columns the task needs.
        base: Folder that relative paths start from.
        samples_dir: Folder for sample data.
        number: Rows to return at most.

    Returns:
        All train rows by stratum (see `encode.Record`), and feature to value of the rows asked for.

    Raises:
        DataError: If files or columns are missing or damaged, or there are no train rows.
    """
    wanted = columns.wanted(features, data.split)
    opened = reading.open_source(data.source, base, samples_dir, wanted)
    accepted = [
        record._replace(example=b"", original=None)
        for record in _accepted(opened, features, data.split)
    ]
    plan = _plan(data.split, opened, accepted)
    places: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(accepted):
        if splits.assign(plan, record.fact) == "train":
            places[record.stratum].append(place)
    if not places:
        raise errors.DataError(
            f"The train split has no rows. Received: {len(accepted):,} usable rows, divided by "
            f"train={data.split.train}, eval={data.split.eval}, test={data.split.test}, "
            f"column={data.split.column!r}. Look at `data.split`."
        )
    chosen = round_robin.in_turn(places, number)
    # A second reading, up to the last row that is needed: holding all would take much memory.
    found: dict[int, dict[str, Any]] = {}
    for place, record in enumerate(_accepted(opened, features, data.split)):
        if place in chosen:
            found[place] = tfexample.parse(record.example)
        if len(found) == len(chosen):
            break
    counts = Counter({stratum: len(rows) for stratum, rows in places.items()})
    return counts, [found[place] for place in chosen]


class PlacedRow(NamedTuple):
    """A usable row, in its split."""

    where: str
    """`file:line` or `file:row`."""
    split: str
    """`train`, `eval` or `test`."""
    values: dict[str, Any]
    """Feature to value, as training would get it."""


def placed_rows(
    data: config.DataConfig, features: Sequence[config.Feature], base: str, samples_dir: str
) -> tuple[list[PlacedRow], list[row.Rejected]]:
    """All rows in their splits, in the order of the files, and what is none.

    Args:
        data: The `data` section.
        features: Columns to read.
        base: Folder that relative paths start from.
        samples_dir: Folder for sample data.

    Raises:
        DataError: If files or columns are missing or damaged.
    """
    wanted = columns.wanted(features, data.split)
    opened = reading.open_source(data.source, base, samples_dir, wanted)
    found: list[tuple[str, encode.Record]] = []
    rejected: list[row.Rejected] = []
    for entry in (entry for shard in opened.shards for entry in opened.read(shard)):
        result = encode.attempt(entry, features, data.split.column, data.split.group)
        if isinstance(result, row.Rejected):
            rejected.append(result)
        else:
            found.append((entry.where, result._replace(original=None)))
    plan = _plan(data.split, opened, [record for _, record in found])
    placed = [
        PlacedRow(where, splits.assign(plan, record.fact), tfexample.parse(record.example))
        for where, record in found
    ]
    return placed, rejected


def _accepted(
    opened: reading.Opened, features: Sequence[config.Feature], split: config.SplitConfig
) -> Iterator[encode.Record]:
    """The usable rows, in the order of the files."""
    for entry in (entry for shard in opened.shards for entry in opened.read(shard)):
        result = encode.attempt(entry, features, split.column, split.group)
        if not isinstance(result, row.Rejected):
            yield result


def _plan(
    split: config.SplitConfig, opened: reading.Opened, records: Sequence[encode.Record]
) -> splits.Plan:
    if splits.needs_facts(split):
        return splits.plan(split, (record.fact for record in records))
    return splits.plan(split, splits.facts_of_names(reading.named_splits(opened)))


def _count(placed: Sequence[repeats.Placed], rejected: list[row.Rejected]) -> summary.Summary:
    facts = [(one.split, one.fact) for one in placed]
    counts = [summary.of_placed(facts), summary.of_groups(facts)]
    return summary.merge([*counts, summary.Summary(rejected=rejected, num_rejected=len(rejected))])
