"""What makes data unusable, each with a way out that this config and this data have."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from components import spelling
from components.ingest import columns, config
from components.ingest.review import summary

_OWN_LABELS = 0.8
"""Share of rows with a label of their own from which the column names rows, not classes."""
_FEWEST_ROWS = 5
_MEASURED = 20
"""Different numbers from which labels may be a quantity rather than names."""
_PER_NUMBER = 5  # rows of a label, on average, below which they may be
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d+)?([eE][+-]?\d{1,3})?")
QUANTITY = (
    "classification takes each value for a class of its own; write ranges of it into a column of "
    "labels"
)
"""What to do about labels that are measured."""
_SHOWN = 5


def problems(
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
    listing: str | None = None,
    like_labels: Sequence[tuple[str, int]] = (),
) -> list[str]:
    """What makes the data unusable, each with its fix; empty if nothing does.

    Args:
        counts: Of all rows.
        data: The `data` section.
        roles: What the columns are for.
        listing: File that lists all rejected rows, if there is one.
        like_labels: Other columns that could be labels, and how many different values they have.
    """
    if not counts.num_rows:
        return ["The data holds no rows."]
    found = list(_quarantine(counts, data, listing))
    if counts.num_rows > counts.num_rejected:
        found += _splits(counts, data, roles, like_labels)
    return found


def own_labels(counts: summary.Summary) -> int:
    """Rows with a label that no other row has, if these are nearly all rows; else 0."""
    labels = counts.strata
    singles = sum(rows == 1 for rows in labels.values())
    total = labels.total()
    return singles if total >= _FEWEST_ROWS and singles >= _OWN_LABELS * total else 0


def own_labels_told(
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
    like_labels: Sequence[tuple[str, int]] = (),
) -> str:
    """The message for a column of labels that names rows, not classes."""
    total = counts.strata.total()
    told = f"Nearly every row has a label of its own ({own_labels(counts)} of {total}): "
    if isinstance(data.source, config.ImageFolderSource):
        return (
            f"{told}expected one folder per class in {data.source.path!r}, with the images of "
            "that class in it."
        )
    swapped = next((n for name, n in like_labels if name in roles.inputs), None)
    told += f"is `{roles.target_key}` ({roles.target!r}) the right column?"
    if swapped:
        return (
            f"{told} Column {roles.inputs[0]!r}, now `{roles.input_key}`, has {swapped} different "
            "values: perhaps the two are swapped."
        )
    if are_measured(counts.strata):
        told = f"{told} If it is a quantity, {QUANTITY}."
    shown = ", ".join(f"{name!r} ({n})" for name, n in like_labels[:_SHOWN])
    return f"{told} Columns with few different values: {shown}." if shown else told


def are_measured(labels: Counter[str]) -> bool:
    """Whether labels look like a quantity: numbers of few rows each, fractions or with gaps."""
    if len(labels) < _MEASURED or labels.total() >= _PER_NUMBER * len(labels):
        return False
    if not all(_NUMBER.fullmatch(label) for label in labels):
        return False
    values = sorted(float(label) for label in labels)
    # Numbers without gaps are how classes are numbered.
    return values[-1] - values[0] != len(values) - 1 or not all(v.is_integer() for v in values)


def _quarantine(
    counts: summary.Summary, data: config.DataConfig, listing: str | None
) -> Iterable[str]:
    share = counts.num_rejected / counts.num_rows
    is_none_left = counts.num_rejected == counts.num_rows
    if share <= data.max_quarantined and not is_none_left:
        return
    first = "\n".join(f"  {r.where}: {r.reason}" for r in counts.rejected[: summary.MAX_REASONS])
    more = f"\nAll of them: {listing}" if listing else ""
    if is_none_left:
        yield f"None of the {counts.num_rows} rows can be used:\n{first}{more}\nRepair them."
        return
    yield (
        f"{counts.num_rejected} of {counts.num_rows} rows ({share:.1%}) cannot be used, more "
        f"than `data.max_quarantined` ({data.max_quarantined:.1%}) allows:\n{first}{more}\n"
        "Repair them, or raise `data.max_quarantined` to leave them out."
    )


def _splits(
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
    like_labels: Sequence[tuple[str, int]],
) -> Iterable[str]:
    empty = [name for name in ("train", "eval") if not counts.classes.get(name)]
    unlearned = set(counts.strata) - set(counts.classes.get("train", ()))
    if own_labels(counts) and (empty or unlearned):
        yield own_labels_told(counts, data, roles, like_labels)
        return
    yield from (_empty(name, counts, data, roles) for name in empty)
    labels = counts.classes.get("train", Counter())
    if len(labels) == 1 and roles.target:
        yield _one_label(counts, data, roles)
    if labels and unlearned:
        yield from _unlearned(unlearned, counts, data, roles)


def _empty(
    name: str, counts: summary.Summary, data: config.DataConfig, roles: columns.Roles
) -> str:
    rows = {split: counts.classes[split].total() for split in counts.splits()}
    shown = ", ".join(f"{split} {rows.get(split, 0)}" for split in config.SPLITS)
    total = sum(rows.values())
    told = f"The {name} split has no rows (rows by split: {shown})."
    if total > 1 and counts.duplicates == total - 1:
        return f"{told} All {total} rows have the same {roles.kind}, so they {_same(data, roles)}"
    if roles.group and counts.largest_group[0] == total:
        return (
            f"{told} All {total} rows have one value in column {roles.group!r}, "
            f"{spelling.shown(counts.largest_group[1])}, so they stay in one split: is "
            "`data.split.group` the right column?"
        )
    if name == "train":
        return f"{told} {_train_fix(counts, roles)}"
    return f"{told} {_eval_fix(counts, data)}"


def _same(data: config.DataConfig, roles: columns.Roles) -> str:
    if isinstance(data.source, config.ImageFolderSource):
        return f"all fall into one split: are these the right images in {data.source.path!r}?"
    return (
        f"all fall into one split: is `{roles.input_key}` ({roles.inputs[0]!r}) the right column?"
    )


def _train_fix(counts: summary.Summary, roles: columns.Roles) -> str:
    if roles.split:
        return f"Write `train` into column {roles.split!r} of the rows to train on."
    if counts.named:
        return "Name the files or folders with the rows to train on `train`."
    return "Add rows, or raise `data.split.train`."


def _eval_fix(counts: summary.Summary, data: config.DataConfig) -> str:
    if data.split.eval == 0:
        return "Set `data.split.eval` to 1 or more."
    if data.split.stratify and data.split.group:
        return (
            f"Add rows of other groups: equal values in column {data.split.group!r} "
            "(`data.split.group`) stay together, and so do groups that have a row in common."
        )
    if data.split.stratify:
        return "Add rows: no label has enough different ones to give the split one of them."
    can_divide = max(counts.classes.get("train", {"": 0}).values()) > 1
    stratify = "set `data.split.stratify: true`, or " if can_divide else ""
    return f"Add rows, {stratify}raise `data.split.eval`."


def _one_label(counts: summary.Summary, data: config.DataConfig, roles: columns.Roles) -> str:
    ((label, rows),) = counts.classes["train"].items()
    told = (
        f"All {rows} train rows have the same label, {spelling.shown(label)}: a label with one "
        "class cannot be learned."
    )
    if isinstance(data.source, config.ImageFolderSource):
        return f"{told} Put the images of each class into a folder of their own."
    return f"{told} Is `{roles.target_key}` ({roles.target!r}) the right column?"


def _unlearned(
    unlearned: Collection[str],
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
) -> Iterable[str]:
    """Labels that train lacks: those that it has in another spelling, and the others."""
    renamed = [one for one in counts.alike if is_renamed(one, counts)]
    told = {label for one in renamed for label in one.spellings} & set(unlearned)
    if renamed:
        lines = "".join(
            f"\n  {spelling.describe(one, counts.classes)}; {spelling.mend(one)}"
            for one in renamed[:_SHOWN]
        )
        yield (
            f"Labels without a train row cannot be learned; {len(told)} of {len(unlearned)} may be "
            f"labels of train written otherwise:{lines}"
        )
    others = sorted(set(unlearned) - told)
    if others:
        shown = ", ".join(map(spelling.shown, others[:_SHOWN]))
        shown += ", ..." if len(others) > _SHOWN else ""
        yield (
            f"Labels without a train row cannot be learned ({len(others)} of "
            f"{len(counts.strata)}): {shown}. {_unlearned_fix(others, counts, data, roles)}"
        )


def is_renamed(one: spelling.Alike, counts: summary.Summary) -> bool:
    """Whether train has one of these labels but not all of them."""
    train = counts.classes.get("train", Counter())
    return 0 < sum(label in train for label in one.spellings) < len(one.spellings)


def _unlearned_fix(
    labels: Collection[str],
    counts: summary.Summary,
    data: config.DataConfig,
    roles: columns.Roles,
) -> str:
    drawn = [name for name in counts.splits() if name != "train" and name not in counts.named]
    if any(label in counts.classes[name] for name in drawn for label in labels):
        if not data.split.stratify:
            return "Set `data.split.stratify: true`, or leave their rows out."
        if data.split.group:
            return (
                f"Their rows stay with others of an equal value in column {data.split.group!r} "
                "(`data.split.group`): add rows of other groups, or leave theirs out."
            )
        return (
            f"Every {roles.kind} of theirs also has another label, with which it was divided: "
            "correct the labels, or leave the rows out."
        )
    if roles.split:
        return (
            f"Write `train` into column {roles.split!r} of some of their rows, or leave them out."
        )
    return "Add rows with these labels to the files or folders named train, or leave theirs out."
