"""Which rows have the content of another one: in another split, or in another stratum."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from components.ingest import config, splits


class Placed(NamedTuple):
    """One usable row: what decided its split, the split, and where it was read."""

    fact: splits.Fact
    split: str
    where: str
    """`file:line`, `file:row` or the path of an image, for people."""


Pair = tuple[Placed, Placed]
"""A row and the one that it is compared with."""


def shared(rows: Sequence[Placed]) -> Iterator[Pair]:
    """Rows whose content an earlier split has, too, each with the first row of that split."""
    return _in_earlier_splits(rows, lambda fact: fact.digest)


def _in_earlier_splits(
    rows: Sequence[Placed], key: Callable[[splits.Fact], Hashable]
) -> Iterator[Pair]:
    firsts: dict[Hashable, Placed] = {}
    for split in config.SPLITS:
        members = [one for one in rows if one.split == split]
        for one in members:
            other = firsts.get(key(one.fact))
            if other:
                yield one, other
        for one in members:
            firsts.setdefault(key(one.fact), one)


def divided(rows: Sequence[Placed]) -> Iterator[Pair]:
    """Rows whose group an earlier split has, too, each with the first row of that split."""
    return _in_earlier_splits([one for one in rows if one.fact.group], lambda fact: fact.group)


def contradicting(rows: Sequence[Placed]) -> Iterator[Pair]:
    """The first row of each content of another stratum than the content's first row."""
    firsts: dict[bytes, Placed] = {}
    told = set()
    for one in rows:
        other = firsts.setdefault(one.fact.digest, one)
        if other.fact.stratum != one.fact.stratum and one.fact.digest not in told:
            told.add(one.fact.digest)
            yield one, other


def first(pairs: Iterable[Pair], number: int) -> list[Pair]:
    """Of each combination of two splits, the first so many pairs."""
    taken: Counter[tuple[str, str]] = Counter()
    kept = []
    for one, other in pairs:
        taken[one.split, other.split] += 1
        if taken[one.split, other.split] <= number:
            kept.append((one, other))
    return kept
