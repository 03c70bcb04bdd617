"""Dotted fields of parsed YAML, and the dataclasses that say what may stand there."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any


def put_all(data: dict[str, Any], values: Mapping[str, Any], root: type) -> None:
    """Set several dotted fields, whatever their order: a choice before the fields inside it.

    Args:
        data: The parsed YAML.
        values: What each field becomes, by its path.
        root: The dataclass that `data` describes.
    """
    for path in sorted(values, key=lambda path: path.count(".")):
        put(data, path, values[path], root)


def put(data: dict[str, Any], path: str, value: Any, root: type) -> None:
    """Set a dotted field in place; a number is a place in a list: `augmentation.0.degrees`.

    Below a field that maps the user's own words, all that follows is one of them, with its dots:
    `tuning.space.training.learning_rate`.

    On the way a name becomes the kind it stands for, with its defaults, and so does a choice that
    is left out: `training.optimizer.beta_1` sets a field of the default optimizer.

    Args:
        data: The parsed YAML.
        path: Of the field.
        value: What it becomes.
        root: The dataclass that `data` describes.

    Raises:
        LookupError: If a list has no such place.
    """
    first, *rest = path.split(".")
    key: str | int = first
    holder: Any = data
    hint: Any = root
    while rest:
        following = rest.pop(0)
        inner = _inside(holder, key)
        default, hint = _declared(holder, key, hint)
        if isinstance(inner, list):
            holder, key = inner, _place(inner, following, path)
            continue
        own_words = _is_mapping(hint)
        if not isinstance(inner, dict):
            kind = inner if isinstance(inner, str) else getattr(default, "kind", None)
            inner = holder[key] = {} if kind is None or own_words else {"kind": kind}
        if own_words:
            following, rest = ".".join([following, *rest]), []
        holder, key = inner, following
    holder[key] = value


def _inside(holder: Any, key: str | int) -> Any:
    return holder[int(key)] if isinstance(holder, list) else holder.get(key)


def _place(entries: list[Any], key: str, path: str) -> int:
    if key.isdecimal() and int(key) < len(entries):
        return int(key)
    places = f"0 to {len(entries) - 1}" if entries else "none"
    raise LookupError(
        f"{path}: {key!r} is no place in this list of {len(entries)}; they are counted from 0. "
        f"Known: {places}."
    )


def _declared(holder: Any, key: Any, hint: Any) -> tuple[Any, Any]:
    """Default and type of a field that a dataclass of `hint` declares; None if none does."""
    for option in dataclasses_in(hint):
        if isinstance(holder, Mapping) and tag(option) in (None, holder.get("kind")):
            for field in dataclasses.fields(option):
                if field.name == key:
                    return field.default, typing.get_type_hints(option)[key]
    return None, None


def _is_mapping(hint: Any) -> bool:
    """Whether a field of this type may hold a mapping whose keys the user chooses."""
    return dict in (typing.get_origin(option) for option in (hint, *typing.get_args(hint)))


def dataclasses_in(hint: Any) -> list[type]:
    """The dataclasses that a field of this type may hold."""
    if dataclasses.is_dataclass(hint):
        return [typing.cast(type, hint)]
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return dataclasses_in(typing.get_args(hint)[0])
    if origin in (typing.Union, types.UnionType):
        return [c for arg in typing.get_args(hint) for c in dataclasses_in(arg)]
    return []


def element(hint: Any) -> Any:
    """Type of the values in a list or mapping, also in one that may be left out; else None."""
    if typing.get_origin(hint) is typing.Annotated:
        return element(hint.__origin__)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        found = (element(option) for option in typing.get_args(hint))
        return next((one for one in found if one is not None), None)
    if typing.get_origin(hint) not in (tuple, list, dict, Mapping):
        return None
    return [argument for argument in typing.get_args(hint) if argument is not Ellipsis][-1]


def tag(cls: type) -> str | None:
    """The `kind` that chooses a dataclass among others; None if it has none."""
    kind = typing.get_type_hints(cls).get("kind")
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Literal else None
