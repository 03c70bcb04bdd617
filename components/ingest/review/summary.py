"""Counts of a whole run."""

import dataclasses
import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components import spelling
from components.ingest import config, row, splits

MAX_REASONS = 5


@dataclasses.dataclass
class Summary:
    """Counts of a run or of a part of one; `merge` adds them up."""

    classes: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    """Rows by split and stratum."""
    rejected: list[row.Rejected] = dataclasses.field(default_factory=list)
    """First rejected rows, in the order of the files; at most `MAX_REASONS`."""
    num_rejected: int = 0
    """All rejected rows."""
    duplicates: int = 0
    """Rows whose content an earlier row has, of the same split or another."""
    shared: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    """Rows by split whose content an earlier split has, too, and the first one that has it."""
    conflicts: int = 0
    """Contents that occur with more than one label, in whatever splits."""
    named: set[str] = dataclasses.field(default_factory=set)
    """Splits that the data itself names."""
    num_groups: int = 0
    """Groups that `data.split.group` tells apart."""
    largest_group: tuple[int, str] = (0, "")
    """Rows of the largest of them, and its name."""
    divided: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    """Rows by split whose group an earlier split has, too, and the first one that has it."""

    @property
    def num_rows(self) -> int:
        """Rows read, rejected ones included."""
        return self.num_rejected + sum(c.total() for c in self.classes.values())

    @property
    def strata(self) -> Counter[str]:
        """Rows by stratum: by label, where rows have exactly one."""
        total: Counter[str] = Counter()
        for counts in self.classes.values():
            total.update(counts)
        return total

    @functools.cached_property
    def alike(self) -> list[spelling.Alike]:
        """Labels that look like one; only of the finished counts."""
        return spelling.alike({split: self.classes[split] for split in self.splits()})

    def splits(self) -> tuple[str, ...]:
        """Splits that have rows, in the order train, eval, test."""
        return tuple(s for s in config.SPLITS if self.classes.get(s))

    def to_json(self) -> dict[str, Any]:
        """What `counts.json` holds; keys are stable."""
        return {
            "rows": self.num_rows,
            "rejected": self.num_rejected,
            "duplicates": self.duplicates,
            "shared": {s: dict(self.shared[s]) for s in config.SPLITS if self.shared.get(s)},
            "conflicting_labels": self.conflicts,
            "groups": self.num_groups,
            "largest_group": list(self.largest_group),
            "divided_groups": {
                s: dict(self.divided[s]) for s in config.SPLITS if self.divided.get(s)
            },
            "named_splits": [s for s in config.SPLITS if s in self.named],
            "splits": {s: dict(sorted(self.classes[s].items())) for s in self.splits()},
        }


def from_json(counts: Mapping[str, Any], rejected: list[row.Rejected]) -> Summary:
    """The inverse of `Summary.to_json`, given the first rejected rows."""
    return Summary(
        classes={split: Counter(labels) for split, labels in counts["splits"].items()},
        rejected=rejected,
        num_rejected=counts["rejected"],
        duplicates=counts["duplicates"],
        shared={split: Counter(others) for split, others in counts["shared"].items()},
        conflicts=counts["conflicting_labels"],
        named=set(counts["named_splits"]),
        num_groups=counts["groups"],
        largest_group=(counts["largest_group"][0], counts["largest_group"][1]),
        divided={split: Counter(others) for split, others in counts["divided_groups"].items()},
    )


def merge(parts: Iterable[Summary]) -> Summary:
    """Add up parts, in any order."""
    total = Summary()
    for part in parts:
        for split, counts in part.classes.items():
            total.classes.setdefault(split, Counter()).update(counts)
        for split, others in part.shared.items():
            total.shared.setdefault(split, Counter()).update(others)
        total.rejected += part.rejected
        total.num_rejected += part.num_rejected
        total.duplicates += part.duplicates
        total.conflicts += part.conflicts
        total.named |= part.named
        for split, others in part.divided.items():
            total.divided.setdefault(split, Counter()).update(others)
        total.num_groups += part.num_groups
        total.largest_group = max(total.largest_group, part.largest_group)
    total.rejected = sorted(total.rejected, key=row.natural_order)[:MAX_REASONS]
    return total


def of_placed(placed: Iterable[tuple[str, splits.Fact]]) -> Summary:
    """Counts of rows that hold all copies of their contents.

    Args:
        placed: Split and fact of each row.
    """
    found = Summary()
    splits_of = defaultdict(list)
    strata_of = defaultdict(set)
    for split, fact in placed:
        found.classes.setdefault(split, Counter())[fact.stratum] += 1
        if fact.named:
            found.named.add(fact.named)
        splits_of[fact.digest].append(split)
        strata_of[fact.digest].add(fact.stratum)
    found.conflicts = sum(len(strata) > 1 for strata in strata_of.values())
    found.duplicates = sum(len(members) - 1 for members in splits_of.values())
    found.shared = _in_earlier_splits(splits_of.values())
    return found


def of_groups(placed: Iterable[tuple[str, splits.Fact]]) -> Summary:
    """Counts of rows that hold all rows of their groups.

    Args:
        placed: Split and fact of each row; rows of no group do not count.
    """
    splits_of = defaultdict(list)
    for split, fact in placed:
        if fact.group:
            splits_of[fact.group].append(split)
    return Summary(
        num_groups=len(splits_of),
        largest_group=max(((len(m), name) for name, m in splits_of.items()), default=(0, "")),
        divided=_in_earlier_splits(splits_of.values()),
    )


def _in_earlier_splits(together: Iterable[Sequence[str]]) -> dict[str, Counter[str]]:
    """Rows by split that belong to rows of an earlier one, and the first such split.

    Args:
        together: Splits of rows that belong together.
    """
    found: dict[str, Counter[str]] = {}
    for members in together:
        present = [split for split in config.SPLITS if split in members]
        for split in present[1:]:
            others = found.setdefault(split, Counter())
            others[present[0]] += members.count(split)
    return found
