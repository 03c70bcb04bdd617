"""Which split a row belongs to.

By content alone: the hash of the text or image decides, so a second run, a new
row or another order of the files never moves a row, and exact duplicates stay
together. `Plan` holds what else may decide: splits the data names itself, groups
of rows that stay together, and the boundaries that stratifying needs.
"""

import dataclasses
import functools
import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from components.ingest import config, errors, grouping

_NAMES = {
    "train": "train",
    "training": "train",
    "eval": "eval",
    "evaluation": "eval",
    "val": "eval",
    "valid": "eval",
    "validation": "eval",
    "dev": "eval",
    "development": "eval",
    "test": "test",
    "testing": "test",
}
_FILLERS = ("set", "data", "images", "image", "imgs", "img", "seg", "split")
_SET = re.compile(r"(set|data)$")
_YEAR = re.compile(r"(19|20)\d\d$")
_SPACE = 1 << 64


class Fact(NamedTuple):
    """What a plan needs to know of one row."""

    digest: bytes
    stratum: str
    """What rows are counted and stratified by; empty where they have nothing of the kind."""
    named: str | None
    group: str = ""
    """Rows of one group stay together; empty for a row by itself."""

    @property
    def unit(self) -> bytes:
        """Hash of what is divided as one: the group, or else the content."""
        return digest(("group", self.group)) if self.group else self.digest


@dataclasses.dataclass(frozen=True)
class Plan:
    """How rows that the data leaves open are divided."""

    ratio: tuple[tuple[str, int], ...]
    """Split and its parts; only splits that rows may be divided into."""
    bounds: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """When stratified: by stratum, the first hash of each split after the first."""
    owner: Mapping[bytes, str] = dataclasses.field(default_factory=dict)
    """When stratified: for contents of several strata, the one whose bounds count."""
    merged: Mapping[bytes, bytes] = dataclasses.field(default_factory=dict)
    """With groups: by unit, the one that decides for all that have a content in common."""
    placed: Mapping[bytes, str] = dataclasses.field(default_factory=dict)
    """With groups and when stratified: the split of each of these."""


def digest(parts: Iterable[bytes | str]) -> bytes:
    """16-byte hash of a row's content.

    Args:
        parts: Texts (compared in Unicode's NFC, whatever form they are stored in)
            and encoded images, in the order of the task's columns.
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = unicodedata.normalize("NFC", part).encode() if isinstance(part, str) else part
        state.update(len(content).to_bytes(8, "little") + content)
    return state.digest()


def named(value: str) -> str | None:
    """The split a name stands for (`Validation` and `val_set` are `eval`), or None."""
    telling = [word for word in words(value) if word not in _FILLERS]
    return _NAMES.get(telling[0]) if len(telling) == 1 else None


def mentioned(value: str) -> str | None:
    """The only split that is mentioned in a name, as in `flowers_train2`, or None."""
    found = {_NAMES[word] for w in words(value) if (word := w.rstrip("0123456789")) in _NAMES}
    return found.pop() if len(found) == 1 else None


def words(value: str) -> list[str]:
    """The words of a name in lower case, without years and without `set` and `data` at an end."""
    plain = unicodedata.normalize("NFKC", value).casefold()
    found = (_YEAR.sub("", word) for word in re.findall(r"[^\W_]+", plain))
    return [_SET.sub("", word) or word for word in found if word]


def named_by_file(name: str) -> str | None:
    """The split a file name stands for, as in `train.csv.gz` or `test-00000-of-00002.parquet`."""
    return named(re.split(r"[.-]", name)[0])


def from_column(value: str, column: str) -> str:
    """The split a row's own column names.

    Raises:
        DataError: If the value stands for no split.
    """
    split = named(value)
    if split is None:
        raise errors.DataError(
            f"`data.split.column` is {column!r}, and that column holds {value!r}, which names no "
            f"split. Use one of: {', '.join(_NAMES)}."
        )
    return split


def plan(split: config.SplitConfig, facts: Iterable[Fact] = ()) -> Plan:
    """Decide how open rows are divided.

    Args:
        split: The `data.split` section.
        facts: All rows; needed only if `needs_facts(split)`, else one per named split.
    """
    facts = list(facts)
    present = {fact.named for fact in facts}
    parts = {name: getattr(split, name) for name in config.SPLITS}
    ratio = tuple(
        (name, count)
        for name, count in parts.items()
        if name == "train" or (count and name not in present)
    )
    is_open = [fact for fact in facts if fact.named in (None, "train")]
    if split.group:
        return _plan_of_groups(ratio, is_open, is_stratified=split.stratify)
    if not split.stratify:
        return Plan(ratio)
    return Plan(ratio, *_stratify(ratio, is_open))


def _plan_of_groups(
    ratio: tuple[tuple[str, int], ...], facts: list[Fact], *, is_stratified: bool
) -> Plan:
    merged = grouping.merged((fact.digest, fact.unit) for fact in facts)
    if not is_stratified:
        return Plan(ratio, merged=merged)
    strata: dict[bytes, Counter[str]] = defaultdict(Counter)
    for fact in facts:
        strata[merged.get(fact.unit, fact.unit)][fact.stratum] += 1
    return Plan(ratio, merged=merged, placed=grouping.stratify(ratio, strata))


def needs_facts(split: config.SplitConfig) -> bool:
    """Whether a plan must look at all rows before any of them is placed."""
    return split.stratify or split.column is not None or split.group is not None


def facts_of_names(names: Iterable[str]) -> list[Fact]:
    """Facts enough to plan by, when files or folders name the splits."""
    return [Fact(b"", "", name) for name in sorted(names)]


def assign(plan: Plan, fact: Fact) -> str:
    """The split of one row: train, eval or test."""
    if fact.named in ("eval", "test"):
        return fact.named
    unit = plan.merged.get(fact.unit, fact.unit)
    if plan.placed:
        return plan.placed[unit]
    position = int.from_bytes(unit[:8], "big")
    stratum = plan.owner.get(fact.digest, fact.stratum)
    bounds = plan.bounds[stratum] if plan.bounds else _even_bounds(plan.ratio)
    return plan.ratio[sum(position >= bound for bound in bounds)][0]


@functools.lru_cache
def _even_bounds(ratio: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    """Boundaries in the space of hashes, in proportion to the ratio."""
    total = sum(count for _, count in ratio)
    reached = 0
    bounds = []
    for _, count in ratio[:-1]:
        reached += count
        bounds.append(_SPACE * reached // total)
    return tuple(bounds)


def _stratify(
    ratio: tuple[tuple[str, int], ...], facts: list[Fact]
) -> tuple[dict[str, tuple[int, ...]], dict[bytes, str]]:
    copies = Counter(fact.digest for fact in facts)
    strata: dict[bytes, str] = {}
    owner = {}
    for fact in facts:
        known = strata.setdefault(fact.digest, fact.stratum)
        if known != fact.stratum:
            # Any fixed choice keeps the copies together; the smallest needs no order of rows.
            strata[fact.digest] = owner[fact.digest] = min(known, fact.stratum)
    contents = defaultdict(list)
    for content, stratum in strata.items():
        contents[stratum].append(content)
    bounds = {
        stratum: _bounds_within(ratio, sorted(members), copies)
        for stratum, members in contents.items()
    }
    # A stratum that owns no content still needs an entry to be looked up.
    even = _even_bounds(ratio)
    return {fact.stratum: even for fact in facts} | bounds, owner


def _bounds_within(
    ratio: tuple[tuple[str, int], ...], members: list[bytes], copies: Mapping[bytes, int]
) -> tuple[int, ...]:
    """First hash of each split after the first, so that copies come closest to the ratio.

    Every split gets at least one content where there are enough of them.
    """
    total_parts = sum(count for _, count in ratio)
    total_rows = sum(copies[member] for member in members)
    cumulative = [0]
    for member in members:
        cumulative.append(cumulative[-1] + copies[member])
    bounds = []
    reached, start = 0, 0
    for index, (_, count) in enumerate(ratio[:-1]):
        reached += count
        wanted = total_rows * reached / total_parts
        cut = min(range(len(cumulative)), key=lambda i: abs(cumulative[i] - wanted))
        splits_after = len(ratio) - 1 - index
        cut = max(min(cut, len(members) - splits_after), start + 1)
        bounds.append(int.from_bytes(members[cut][:8], "big") if cut < len(members) else _SPACE)
        start = cut
    return tuple(bounds)
