"""What is right in a wrong config, so that rules about several fields can still be asked.

A field that is wrong or missing is `UNKNOWN`: whoever asks it anything gets `Unknown`, so a rule
that needs it says nothing, and all others are told together with what is wrong by itself.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Collection, Mapping
from typing import Any

import pydantic

from pipeline.config import dotted
from pipeline.config.problems import Problem

_ASKED = (
    *("getattr", "bool", "hash", "str", "repr", "format", "fspath", "call"),
    *("eq", "ne", "lt", "le", "gt", "ge", "contains", "iter", "len", "getitem"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "mod", "rmod", "floordiv", "rfloordiv"),
    *("truediv", "rtruediv", "pow", "rpow", "neg", "int", "float", "index"),
)
"""What Python calls, between double underscores, to learn anything of a value."""


class Unknown(Exception):
    """A rule asked for a field that is itself wrong."""


def _refuse(*_: Any) -> typing.NoReturn:
    raise Unknown


UNKNOWN: Any = type("UnknownValue", (), {f"__{name}__": _refuse for name in _ASKED})()
"""Stands for what is wrong or missing."""


def salvage(
    root: type, data: Mapping[str, Any], problems: Collection[Problem]
) -> tuple[Any, list[Problem]]:
    """The config as far as it is right, and what its sections find wrong with that.

    Args:
        root: The dataclass that `data` describes.
        data: The parsed YAML.
        problems: All that pydantic found wrong with it.

    Returns:
        An instance of `root` made without its checks, and what `__post_init__` of those of its
        dataclasses refuses that pydantic could not make.
    """
    reader = _Reader(problems)
    return reader.read(root, data, ""), reader.found


class _Reader:
    """Reads what is right; remembers what is found wrong meanwhile.

    Args:
        problems: What is wrong.
    """

    def __init__(self, problems: Collection[Problem]):
        self._problems = problems
        self._wrong = {problem.path for problem in problems}
        self.found: list[Problem] = []

    def read(self, hint: Any, data: Any, path: str) -> Any:
        """The value at a path, with `UNKNOWN` for what is wrong with it.

        Args:
            hint: Its type.
            data: Its YAML.
            path: Dotted, empty for the whole config.
        """
        if path and not any(problem.is_at_or_below(path) for problem in self._problems):
            return pydantic.TypeAdapter(hint).validate_json(
                json.dumps(data, default=str), strict=True
            )
        kind = _chosen(hint, data)
        if kind is not None:
            return self._read_dataclass(kind, data if isinstance(data, Mapping) else {}, path)
        if path in self._wrong or not isinstance(data, list | Mapping):
            return UNKNOWN
        element = dotted.element(hint)
        if isinstance(data, list):
            return tuple(self.read(element, one, f"{path}[{i}]") for i, one in enumerate(data))
        return {key: self.read(element, one, f"{path}.{key}") for key, one in data.items()}

    def _read_dataclass(self, kind: type, data: Mapping[str, Any], path: str) -> Any:
        made: Any = object.__new__(kind)
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            inner = f"{path}.{field.name}" if path else field.name
            value = UNKNOWN
            if field.name in data:
                value = self.read(hints[field.name], data[field.name], inner)
            elif field.default is not dataclasses.MISSING:
                value = field.default
            elif field.default_factory is not dataclasses.MISSING:
                value = field.default_factory()
            object.__setattr__(made, field.name, value)
        has_rules = any("__post_init__" in vars(base) for base in kind.__mro__)
        if path not in self._wrong and has_rules:
            try:
                made.__post_init__()
            except ValueError as error:
                self.found.append(Problem(path, str(error)))
            except Unknown:
                pass  # The rule needs a field that is told by itself.
        return made


def _chosen(hint: Any, data: Any) -> type | None:
    """The dataclass that a mapping, or a name alone, chooses; None if it is no such choice."""
    options = dotted.dataclasses_in(hint)
    if isinstance(data, str):
        return next((one for one in options if dotted.tag(one) == data), None)
    if not isinstance(data, Mapping):
        return None
    # Compared, not looked up: what stands at `kind` may be a list.
    return next((one for one in options if dotted.tag(one) in (None, data.get("kind"))), None)
