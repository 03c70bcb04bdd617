"""What a field's annotation says of its values, in words: `Annotated[float, Gt(0), Le(1)]`.

A text in the annotation says what else to do; beside a pattern it says what the pattern wants.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import annotated_types

_ENDS: dict[type, tuple[str, str]] = {
    annotated_types.Ge: ("ge", "at least"),
    annotated_types.Gt: ("gt", "above"),
    annotated_types.Le: ("le", "at most"),
    annotated_types.Lt: ("lt", "below"),
    annotated_types.MultipleOf: ("multiple_of", "a multiple of"),
}


def explain(hint: Any, value: Any) -> str:
    """Why a value is refused: what it must be, what it is, and what else to do.

    Args:
        hint: Type of the field, with its annotations.
        value: What stands there.
    """
    annotations = list(_annotations(hint))
    ends = _ends(annotations)
    advice = " ".join(one for one in annotations if isinstance(one, str))
    is_pattern = isinstance(value, str) and value != "" and not ends
    expected = advice if is_pattern else f"must be {ends or 'given, and not empty'}"
    said = f"{expected}. Received: {value!r}"
    return said if is_pattern or not advice else f"{said}. {advice}"


def _ends(annotations: list[Any]) -> str:
    """The ends of a range: `at least 0 and below 1`, `from 1 to 8`."""
    found = {
        name: f"{word} {_number(getattr(one, name))}"
        for kind, (name, word) in _ENDS.items()
        for one in annotations
        if isinstance(one, kind)
    }
    if found.keys() == {"ge", "le"}:
        return " ".join(found.values()).replace("at least", "from").replace("at most", "to")
    return " and ".join(found.values())


def _annotations(hint: Any) -> Iterator[Any]:
    """What stands beside a type; beside each, where there are several."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from hint.__metadata__
        yield from _annotations(hint.__origin__)
    elif typing.get_origin(hint) in (typing.Union, types.UnionType):
        for option in typing.get_args(hint):
            yield from _annotations(option)


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
