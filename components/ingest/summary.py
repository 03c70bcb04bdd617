"""Counts of a whole run, and what is wrong with them."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.ingest import config, row

MAX_REASONS = 5


@dataclasses.dataclass
class Summary:
    """Counts of a run or of a part of one; `merge` adds them up."""

    classes: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    """Rows by split and label."""
    rejected: list[row.Rejected] = dataclasses.field(default_factory=list)
    """First rejected rows, in the order of the files; at most `MAX_REASONS`."""
    num_rejected: int = 0
    """All rejected rows."""
    duplicates: int = 0
    """Rows whose content an earlier row has."""
    conflicts: int = 0
    """Contents that occur with more than one label."""

    @property
    def num_rows(self) -> int:
        """Rows read, rejected ones included."""
        return self.num_rejected + sum(c.total() for c in self.classes.values())

    def splits(self) -> tuple[str, ...]:
        """Splits that have rows, in the order train, eval, test."""
        return tuple(s for s in config.SPLITS if self.classes.get(s))

    def to_json(self) -> dict[str, Any]:
        """What `counts.json` holds; keys are stable."""
        return {
            "rows": self.num_rows,
            "rejected": self.num_rejected,
            "duplicates": self.duplicates,
            "conflicting_labels": self.conflicts,
            "splits": {s: dict(sorted(self.classes[s].items())) for s in self.splits()},
        }


def from_json(counts: Mapping[str, Any], rejected: list[row.Rejected]) -> Summary:
    """The inverse of `Summary.to_json`, given the first rejected rows."""
    return Summary(
        classes={split: Counter(labels) for split, labels in counts["splits"].items()},
        rejected=rejected,
        num_rejected=counts["rejected"],
        duplicates=counts["duplicates"],
        conflicts=counts["conflicting_labels"],
    )


def merge(parts: Iterable[Summary]) -> Summary:
    """Add up parts, in any order."""
    total = Summary()
    for part in parts:
        for split, counts in part.classes.items():
            total.classes.setdefault(split, Counter()).update(counts)
        total.rejected += part.rejected
        total.num_rejected += part.num_rejected
        total.duplicates += part.duplicates
        total.conflicts += part.conflicts
    total.rejected = sorted(total.rejected, key=row.natural_order)[:MAX_REASONS]
    return total


def of_group(split: str, members: Sequence[tuple[bytes, str]]) -> Summary:
    """Counts of one group of a split, which holds all copies of its contents.

    Args:
        split: Name of the split.
        members: Digest and label of each row, sorted.
    """
    labels = Counter(label for _, label in members)
    distinct = len({digest for digest, _ in members})
    several = Counter(digest for digest, _ in set(members))
    return Summary(
        classes={split: labels},
        duplicates=len(members) - distinct,
        conflicts=sum(count > 1 for count in several.values()),
    )


def problems(summary: Summary, data: config.DataConfig, listing: str | None = None) -> list[str]:
    """What makes the data unusable, each with its fix; empty if nothing does.

    Args:
        summary: Counts of all rows.
        data: The `data` section.
        listing: File that lists all rejected rows, if there is one.
    """
    if not summary.num_rows:
        return ["The data holds no rows."]
    found = list(_quarantine(summary, data, listing))
    if summary.num_rows > summary.num_rejected:
        found += _splits(summary.classes, data.split)
    return found


def _quarantine(summary: Summary, data: config.DataConfig, listing: str | None) -> Iterable[str]:
    share = summary.num_rejected / summary.num_rows
    if share <= data.max_quarantined:
        return
    first = "\n".join(f"  {r.where}: {r.reason}" for r in summary.rejected[:MAX_REASONS])
    more = f"\nAll of them: {listing}" if listing else ""
    yield (
        f"{summary.num_rejected} of {summary.num_rows} rows ({share:.1%}) cannot be used, more "
        f"than `data.max_quarantined` ({data.max_quarantined:.1%}) allows:\n{first}{more}\n"
        "Repair them, or raise `data.max_quarantined` to leave them out."
    )


def _splits(classes: Mapping[str, Counter[str]], split: config.SplitConfig) -> Iterable[str]:
    rows = {name: counts.total() for name, counts in classes.items() if counts}
    shown = ", ".join(f"{name} {rows.get(name, 0)}" for name in config.SPLITS)
    for name in ("train", "eval"):
        if not rows.get(name):
            yield (
                f"The {name} split has no rows (rows by split: {shown}). {_split_fix(name, split)}"
            )
    labels = classes.get("train", Counter())
    if len(labels) == 1:
        yield (
            f"All {labels.total()} train rows have the same label, {next(iter(labels))!r}: a label "
            "with one class cannot be learned. Is `task.label` the right column?"
        )
    unknown = sorted(set().union(*classes.values()) - set(labels))
    if labels and unknown:
        yield (
            f"Labels without a train row cannot be learned ({len(unknown)} of "
            f"{len(unknown) + len(labels)}): {', '.join(map(repr, unknown[:5]))}. Set "
            "`data.split.stratify: true`, or leave their rows out."
        )


def _split_fix(name: str, split: config.SplitConfig) -> str:
    if name == "train":
        return "Name some rows, files or folders `train`."
    if split.eval == 0:
        return "Set `data.split.eval` to 1 or more."
    return "Add rows, set `data.split.stratify: true`, or raise `data.split.eval`."
