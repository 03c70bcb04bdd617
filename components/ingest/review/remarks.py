"""What people should know of data that can be used: told, and nothing is changed by it."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from components import spelling, stand_ins
from components.ingest import columns, config
from components.ingest.review import problems, repeats, summary

SHOWN = 5
"""Examples of one kind."""
_ALIKE_SHOWN = 10
_FEWEST_ROWS = 10
_LONG = 100  # characters of a label that names no class
_UNEVEN = 0.1  # difference of a split's share of the rows from its part that is worth a remark
_FEW_INPUTS = 0.1  # share of rows with different inputs below which these look like labels


@dataclasses.dataclass(frozen=True)
class Details:
    """What only those know who see the rows, not their counts."""

    shared: Sequence[repeats.Pair] = ()
    """Rows that an earlier split has, too."""
    contradicting: Sequence[repeats.Pair] = ()
    """Rows with another label than an earlier row of the same content."""
    divided: Sequence[repeats.Pair] = ()
    """Rows of a group that an earlier split has, too."""
    words: Mapping[str, int] = dataclasses.field(default_factory=Counter)
    """Inputs that are a word for a missing value, and their rows."""
    numbers: int = 0
    """Texts of digits and signs alone."""
    headers: int = 0
    """Rows that hold the names of their columns."""
    like_labels: Sequence[tuple[str, int]] = ()
    """Other columns that could be labels, and how many different values they have."""


NO_DETAILS = Details()


def remarks(
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
    details: Details = NO_DETAILS,
) -> list[str]:
    """What to know of data, most harmful first.

    Args:
        counts: Of all rows.
        data: The `data` section.
        roles: What the columns are for.
        details: Examples, where the rows were seen.
    """
    if not counts.strata:
        return []
    if problems.own_labels(counts):
        # A column of names of rows: whatever else is to be said of it does not matter.
        return [problems.own_labels_told(counts, data, roles, details.like_labels)]
    if not roles.target:
        return [
            *_shared(counts, roles, details),
            *_groups(counts, data, roles, details),
            *_columns(counts, data, roles, details),
            *_said_nothing(details, roles),
        ]
    return [
        *_shared(counts, roles, details),
        *_groups(counts, data, roles, details),
        *_conflicts(counts, roles, details),
        *_columns(counts, data, roles, details),
        *_alike(counts, data, roles),
        *_hidden(counts),
        *_quoted(counts, data),
        *_doubtful(counts),
        *_said_nothing(details, roles),
        *_unevaluated(counts, data, roles),
    ]


def _shared(counts: summary.Summary, roles: columns.Roles, details: Details) -> Iterator[str]:
    way = (
        f"Give equal rows one value in column {roles.split!r}"
        if roles.split
        else "Remove them from the files or folders of one of the splits"
    )
    for other, found in _by_other(counts.shared):
        parts = _parts(counts, other, found, details.shared)
        yield (
            f"{_count(sum(found.values()), 'row')} of {' and '.join(found)} "
            f"{'is' if sum(found.values()) == 1 else 'are'} also {other} rows: {parts}. "
            f"Figures on rows that the model has seen are better than on new ones. {way}."
        )


def _groups(
    counts: summary.Summary, data: config.DataConfig, roles: columns.Roles, details: Details
) -> Iterator[str]:
    """Groups that the data's own splits divide, and one that hinders the division."""
    way = (
        f"Give the rows of a group one value in column {roles.split!r}"
        if roles.split
        else "Put the rows of a group into the files or folders of one split"
    )
    for other, found in _by_other(counts.divided):
        parts = _parts(counts, other, found, details.divided)
        yield (
            f"{_count(sum(found.values()), 'row')} of {' and '.join(found)} "
            f"{'is' if sum(found.values()) == 1 else 'are'} of a group (column {roles.group!r}) "
            f"that {other} rows are of, too: {parts}. Figures on groups that the model has seen "
            f"are better than on new ones. {way}."
        )
    yield from _uneven(counts, data)


def _uneven(counts: summary.Summary, data: config.DataConfig) -> Iterator[str]:
    """Groups that are too large for the parts of the splits."""
    parts = {split: getattr(data.split, split) for split in config.SPLITS}
    total, whole = counts.strata.total(), sum(parts.values())
    has = {split: sum(counts.classes.get(split, {}).values()) / total for split in parts}
    if counts.num_groups < 2 or counts.named:
        return
    if max(abs(has[split] - parts[split] / whole) for split in parts) > _UNEVEN:
        rows, name = counts.largest_group
        shown = ", ".join(
            f"{has[split]:.0%} of the rows in {split} instead of {parts[split] / whole:.0%}"
            for split in counts.splits()
        )
        way = (
            "Add rows of other groups"
            if data.split.stratify
            else "Set `data.split.stratify: true`, which divides groups by their size"
        )
        yield (
            f"Groups (`data.split.group`: {data.split.group!r}) stay together, which leaves "
            f"{shown}. The largest, {spelling.shown(name)}, has {rows} of {total} rows. {way}."
        )


def _by_other(
    found: Mapping[str, Counter[str]],
) -> Iterator[tuple[str, dict[str, int]]]:
    """Splits that have rows of a later one, and how many by that one."""
    for other in config.SPLITS:
        numbers = {s: c[other] for s in config.SPLITS if (c := found.get(s)) and c[other]}
        if numbers:
            yield other, numbers


def _parts(
    counts: summary.Summary, other: str, found: Mapping[str, int], pairs: Sequence[repeats.Pair]
) -> str:
    return ", ".join(
        f"{number} of {counts.classes[split].total()} {split} rows"
        + _places((p for p in pairs if (p[0].split, p[1].split) == (split, other)), number)
        for split, number in found.items()
    )


def _conflicts(counts: summary.Summary, roles: columns.Roles, details: Details) -> Iterator[str]:
    if counts.conflicts:
        what = "occurs" if counts.conflicts == 1 else "occur"
        examples = "; ".join(
            f"{other.where} says {spelling.shown(other.fact.stratum)}, "
            f"{one.where} {spelling.shown(one.fact.stratum)}"
            for one, other in details.contradicting[:SHOWN]
        )
        told = f"{_count(counts.conflicts, roles.kind)} {what} with more than one label"
        told += f" ({examples})" if examples else ""
        yield f"{told}: no model can be right for all of these rows. Correct the labels."


def _columns(
    counts: summary.Summary, data: config.DataConfig, roles: columns.Roles, details: Details
) -> Iterator[str]:
    """Columns that may not be the right ones."""
    labels = counts.strata
    total = labels.total()
    if problems.are_measured(labels):
        yield (
            f"The {len(labels)} labels are numbers with {total / len(labels):.1f} rows each on "
            f"average. If `{roles.target_key}` ({roles.target!r}) is a quantity, "
            f"{problems.QUANTITY}."
        )
    if sum(n for label, n in labels.items() if len(label) > _LONG) > total / 2:
        yield (
            f"Most labels have more than {_LONG} characters, such as "
            f"{spelling.shown(max(labels, key=len))}: is `{roles.target_key}` ({roles.target!r}) "
            "the right column?"
        )
    if details.headers:
        yield (
            f"{_count(details.headers, 'row')} with the names of the columns: a header line is "
            "repeated among the rows. Remove it."
        )
    if total >= _FEWEST_ROWS and details.numbers > total / 2:
        yield (
            f"{details.numbers} of {total} texts are digits and signs alone: is "
            f"`{roles.input_key}` ({roles.inputs[0]!r}) the right column?"
        )
    inputs = total - counts.duplicates
    if len(counts.splits()) > 1 and total >= _FEWEST_ROWS and inputs <= _FEW_INPUTS * total:
        yield (
            f"The {total} rows have {_count(inputs, 'different ' + roles.kind)} only"
            + _right_inputs(data, roles)
        )


def _right_inputs(data: config.DataConfig, roles: columns.Roles) -> str:
    if isinstance(data.source, config.ImageFolderSource):
        return ". Remove the copies."
    return f": is `{roles.input_key}` ({roles.inputs[0]!r}) the right column?"


def _alike(counts: summary.Summary, data: config.DataConfig, roles: columns.Roles) -> Iterator[str]:
    found = [one for one in counts.alike if not problems.is_renamed(one, counts)]
    if not found:
        return
    where = (
        "by moving the images of one folder into the other"
        if isinstance(data.source, config.ImageFolderSource)
        else f"in column {roles.target!r} of the data"
    )
    lines = [
        f"\n  {spelling.describe(one, counts.classes)}; {spelling.mend(one)}"
        for one in found[:_ALIKE_SHOWN]
    ]
    more = len(found) - _ALIKE_SHOWN
    lines += [f"\n  and {more} more"] if more > 0 else []
    yield (
        "Labels that look like one, each learned as a class of its own. If they are one, rename "
        f"them {where}:{''.join(lines)}"
    )


def _hidden(counts: summary.Summary) -> Iterator[str]:
    alike = {label for one in counts.alike for label in one.spellings}
    found = {
        label: rows
        for label, rows in counts.strata.items()
        if label not in alike and spelling.HIDDEN.search(label)
    }
    if found:
        yield (
            f"Labels with characters that nobody sees: {_counted(found)}. Remove these characters: "
            "whoever compares an answer with the label must have them, too."
        )


def _quoted(counts: summary.Summary, data: config.DataConfig) -> Iterator[str]:
    found = {x: n for x, n in counts.strata.items() if len(x) > 1 and x[0] == x[-1] == '"'}
    source = data.source
    if found and isinstance(source, config.CsvSource | config.TsvSource) and not source.quoting:
        yield (
            f"Labels in quotes: {_counted(found)}. Set `data.source.quoting: true` if the quotes "
            "are no part of them."
        )


def _doubtful(counts: summary.Summary) -> Iterator[str]:
    found = stand_ins.doubtful(counts.strata)
    if found:
        counted = "; ".join(
            f"{spelling.shown(label)} ({spelling.rows_by_split(label, counts.classes)})"
            for label in found[:SHOWN]
        )
        yield (
            f"Labels that may stand for a missing value, and are learned as a class: {counted}. If "
            "they do, leave their rows out; if it is a class, all is well."
        )


def _said_nothing(details: Details, roles: columns.Roles) -> Iterator[str]:
    if details.words:
        total = sum(details.words.values())
        yield (
            f"{_count(total, roles.kind)} {'is' if total == 1 else 'are'} but a word for a missing "
            f"value: {_counted(details.words)}. Leave these rows out."
        )


def _unevaluated(
    counts: summary.Summary, data: config.DataConfig, roles: columns.Roles
) -> Iterator[str]:
    """Labels of train that another split has no row of, so that no figure is about them."""
    train = counts.classes.get("train", Counter())
    # What has two spellings is told already, and each may be in one split only.
    known = set(train) - {label for one in counts.alike for label in one.spellings}
    for split in counts.splits():
        lacking = sorted(known - set(counts.classes[split]))
        if lacking:
            shown = ", ".join(map(spelling.shown, lacking[:SHOWN]))
            shown += ", ..." if len(lacking) > SHOWN else ""
            has = "has" if len(lacking) == 1 else "have"
            yield (
                f"{len(lacking)} of {len(train)} labels {has} no {split} row, so that no figure is "
                f"about them: {shown}. {_evaluation_fix(split, lacking, counts, data, roles)}"
            )


def _evaluation_fix(
    split: str,
    labels: Sequence[str],
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
) -> str:
    if split in counts.named:
        if roles.split:
            return f"Name {split} in column {roles.split!r} of some of their rows."
        return f"Move some of their rows into the files or folders of {split}."
    is_divisible = any(counts.strata[label] > 1 for label in labels)
    if is_divisible and not data.split.stratify:
        return "Set `data.split.stratify: true`."
    if data.split.group:
        return f"Collect rows of them with other values in column {data.split.group!r}."
    return "Collect more rows of them: they have too few to be divided."


def _places(pairs: Iterable[repeats.Pair], number: int) -> str:
    """Where the first of so many rows are."""
    shown = [f"{one.where} = {other.where}" for one, other in pairs]
    more = ", ..." if number > len(shown) else ""
    return f" ({', '.join(shown)}{more})" if shown else ""


def _counted(found: Mapping[str, int]) -> str:
    ordered = sorted(found, key=lambda word: (-found[word], word))
    more = ", ..." if len(ordered) > SHOWN else ""
    shown = [f"{spelling.shown(word)} ({_count(found[word], 'row')})" for word in ordered[:SHOWN]]
    return ", ".join(shown) + more


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
