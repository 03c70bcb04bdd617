"""Which columns a task needs, and the error when a table lacks one."""

import dataclasses
from collections.abc import Iterable, Sequence

from components.ingest import config, errors, row
from components.ingest.files.names import composed

NAME_ANOTHER = (
    "Name the right one in `task` (or in `data.split.column`, `data.split.group`, "
    "`evaluation.slices`)."
)
"""What to do about a missing column."""
_LONGEST_SHOWN = 60
_LISTS = ("categories", "spans", "answers")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Columns to read."""

    names: tuple[str, ...]
    """All of them."""
    image: str | None
    """The one that holds an image, if any."""
    lists: tuple[str, ...] = ()
    """Those whose rows may hold lists: of labels, of words, of spans."""


@dataclasses.dataclass(frozen=True)
class Roles:
    """What the columns of a task are for, to word messages by."""

    target: str
    """Column whose category rows are counted and stratified by; empty where they have none, or not
    exactly one."""
    target_field: str
    """Field of `task` that names it."""
    inputs: tuple[str, ...]
    """Columns of texts or images."""
    kind: str
    """`text` or `image`: what the inputs are."""
    field: str
    """Field of `task` that names the first input column."""
    split: str | None = None
    """Column that names splits, if any."""
    group: str | None = None
    """Column whose equal values stay in one split, if any."""

    @property
    def input_key(self) -> str:
        """Key of the YAML that names the input column."""
        return f"task.{self.field}"

    @property
    def target_key(self) -> str:
        """Key of the YAML that names the column of categories."""
        return f"task.{self.target_field}"


def roles(features: Sequence[config.Feature], split: config.SplitConfig) -> Roles:
    """What the columns are for."""
    inputs = [f for f in features if f.holds in ("text", "image")]
    target = next((f for f in features if f.holds in ("category", "choice")), None)
    return Roles(
        target=target.name if target else "",
        target_field=target.field if target else "",
        inputs=tuple(f.name for f in inputs),
        kind=inputs[0].holds,
        field=inputs[0].field or inputs[0].holds,
        split=split.column,
        group=split.group,
    )


def wanted(features: Sequence[config.Feature], split: config.SplitConfig) -> Wanted:
    """Columns that the features and the split are made from."""
    names = [f.name for f in features if f.holds != "derived"]
    names += [column for column in (split.column, split.group) if column]
    image = next((f.name for f in features if f.holds == "image"), None)
    lists = (f.name for f in features if f.holds in _LISTS or f.joiner is not None)
    return Wanted(tuple(dict.fromkeys(names)), image, tuple(lists))


def require(
    present: Sequence[str], names: Iterable[str], file: str, hint: str = ""
) -> tuple[str, ...]:
    """Check a table's columns.

    Args:
        present: Columns that are there.
        names: Columns that must be.
        file: For errors.
        hint: What else to say if one is missing.

    Returns:
        The names as the table spells them: letter for letter, or in another Unicode form.

    Raises:
        DataError: If one is missing or two have the same name.
    """
    spelled = {name: spellings(name, present) for name in names}
    for name, found in spelled.items():
        if len(found) > 1:
            raise errors.DataError(f"{file}: two columns are named {name!r}. Rename one of them.")
        if not found:
            raise errors.DataError(
                f"{file}: no column {name!r}. {_names_hint(name, present)} {hint or NAME_ANOTHER}"
            )
    return tuple(found[0] for found in spelled.values())


def has_all(present: Iterable[str], names: Iterable[str]) -> bool:
    """Whether all columns are there, in whatever Unicode form."""
    found = {composed(name) for name in present}
    return all(composed(name) in found for name in names)


def aligned(entry: row.Row | row.Rejected, names: Sequence[str]) -> row.Row | row.Rejected:
    """The row with its columns named as the config names them, whatever their Unicode form."""
    if isinstance(entry, row.Rejected) or all(name in entry.values for name in names):
        return entry
    wanted = {composed(name): name for name in names if name not in entry.values}
    renamed = {wanted.get(composed(key), key): v for key, v in entry.values.items()}
    return dataclasses.replace(entry, values=renamed)


def spellings(name: str, present: Iterable[str]) -> list[str]:
    """The columns that have a name: letter for letter, or else in another Unicode form."""
    present = list(present)
    exact = [column for column in present if column == name]
    return exact or [c for c in present if composed(c) == composed(name)]


def _names_hint(name: str, present: Sequence[str]) -> str:
    shown = ", ".join(repr(row.excerpt(name[:_LONGEST_SHOWN])) for name in present[:20])
    shown += ", ..." if len(present) > 20 else ""
    close = errors.closest(name, present)
    return f"Did you mean {close!r}? Columns: {shown}." if close else f"Columns: {shown}."
