"""The columns of a task, as plain values: checks apply by what a column holds."""

from __future__ import annotations

import dataclasses
import json

NOTHING = "nothing"
"""What the target holds of a task that learns from its inputs alone."""
HELD = {
    "text": "text",
    "image": "images",
    "category": "one label a row",
    "categories": "several labels a row",
    "choice": "which of several texts is right",
    "number": "numbers",
    "spans": "spans of a text",
    "answers": "answers that are parts of a text",
    "written": "texts that are to be written",
    NOTHING: "nothing that is learned",
}
"""What a column may hold, in words."""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column and what it holds."""

    name: str
    """In the examples."""
    holds: str
    """Key of `HELD`."""
    role: str = "input"
    """`input` or `target`."""
    field: str = ""
    """Field of `task` that names it."""

    def __str__(self) -> str:
        """In words."""
        if self.holds == NOTHING:
            return "no column is a target"
        return f"{self.name!r} holds {HELD[self.holds]}"


def from_json(text: str) -> tuple[Column, ...]:
    """The columns of a JSON list of objects, which may say more of each."""
    names = [field.name for field in dataclasses.fields(Column)]
    return tuple(Column(**{name: one[name] for name in names}) for one in json.loads(text))


def inputs(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Those that are read to tell the target."""
    return tuple(column for column in columns if column.role == "input")


def target(columns: tuple[Column, ...]) -> Column:
    """The one that is learned; a nameless one that holds `NOTHING` where none is.

    Raises:
        ValueError: If there are several.
    """
    found = [column for column in columns if column.role == "target"]
    if len(found) > 1:
        raise ValueError(f"The doctor examines one target. Received: {', '.join(map(str, found))}")
    return found[0] if found else Column("", NOTHING, "target")
