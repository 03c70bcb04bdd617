"""Which columns a task needs, and the error when a table lacks one."""

import dataclasses
from collections.abc import Iterable, Sequence

from components.ingest import config, errors


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Columns to read."""

    names: tuple[str, ...]
    """All of them."""
    image: str | None
    """The one that holds an image, if any."""


def wanted(features: Sequence[config.Feature], split: config.SplitConfig) -> Wanted:
    """Columns that the features and the split are made from."""
    names = [f.name for f in features if f.kind != "derived"]
    if split.column:
        names.append(split.column)
    image = next((f.name for f in features if f.kind == "image"), None)
    return Wanted(tuple(dict.fromkeys(names)), image)


def require(present: Sequence[str], names: Iterable[str], file: str) -> None:
    """Check a table's columns.

    Raises:
        DataError: If one is missing or two have the same name.
    """
    twice = {name for name in present if present.count(name) > 1}
    if twice & set(names):
        raise errors.DataError(f"{file}: two columns are named {min(twice)!r}. Rename one of them.")
    for name in names:
        if name not in present:
            raise errors.DataError(
                f"{file}: no column {name!r}. {_names_hint(name, present)} Name the right one in "
                "`task` (or in `data.split.column`, `evaluation.slices`)."
                f"{_delimiter_hint(present)}"
            )


def _names_hint(name: str, present: Sequence[str]) -> str:
    shown = ", ".join(map(repr, present[:20])) + (", ..." if len(present) > 20 else "")
    close = errors.closest(name, present)
    return f"Did you mean {close!r}? Columns: {shown}." if close else f"Columns: {shown}."


def _delimiter_hint(present: Sequence[str]) -> str:
    found = [repr(d) for d in "\t,;|" if len(present) == 1 and d in present[0]]
    if not found:
        return ""
    return (
        f" The header holds {' and '.join(found)} but was not divided there: check "
        "`data.source.kind` (tsv or csv) and `data.source.delimiter`."
    )
