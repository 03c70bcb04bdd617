"""Rows that are divided as one: those of a group, and groups that have a content in common."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence


def merged(rows: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Groups that must stay together because a content is in several of them.

    Args:
        rows: Hash of the content and of the group of each row.

    Returns:
        By group, the smallest hash of those that it stays with; groups by themselves are left out.
    """
    groups_of = defaultdict(set)
    for content, group in rows:
        groups_of[content].add(group)
    parents: dict[bytes, bytes] = {}

    def root(group: bytes) -> bytes:
        while (parent := parents.setdefault(group, group)) != group:
            parents[group] = group = parents.setdefault(parent, parent)
        return group

    for groups in groups_of.values():
        if len(groups) > 1:
            roots = sorted(root(group) for group in groups)
            for other in roots[1:]:
                parents[other] = roots[0]
    return {group: root(group) for group in parents}


def stratify(
    ratio: Sequence[tuple[str, int]], strata: Mapping[bytes, Mapping[str, int]]
) -> dict[bytes, str]:
    """Divide whole units so that each stratum comes close to a ratio.

    The largest unit first, each to the split for which it takes most off the squared distance from
    the rows that each stratum should have there. Every split gets a unit where there are enough.

    Source: the greedy way of scikit-learn's `StratifiedGroupKFold`, for parts of unequal size.

    Args:
        ratio: Split and its parts.
        strata: Rows by stratum of each unit.

    Returns:
        The split of each unit; it depends on no order of theirs.
    """
    totals: Counter[str] = Counter()
    for rows in strata.values():
        totals.update(rows)
    parts = sum(count for _, count in ratio)
    shares = {split: count / parts for split, count in ratio}
    filled: dict[str, Counter[str]] = {split: Counter() for split in shares}
    placed = {}
    order = sorted(strata, key=lambda unit: (-sum(strata[unit].values()), unit))
    for index, unit in enumerate(order):
        empty = [split for split in filled if not filled[split]]
        candidates = empty if len(order) - index <= len(empty) else list(filled)

        def change(split: str, rows: Mapping[str, int] = strata[unit]) -> float:
            has, share = filled[split], shares[split]
            return sum(
                ((has[stratum] + count) / (totals[stratum] * share) - 1) ** 2
                - (has[stratum] / (totals[stratum] * share) - 1) ** 2
                for stratum, count in rows.items()
            )

        placed[unit] = min(candidates, key=change)
        filled[placed[unit]].update(strata[unit])
    return placed
