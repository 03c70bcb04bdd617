"""One of several dataclasses in a config, given by name or as a mapping."""

from __future__ import annotations

import difflib
import functools
import operator
from typing import Annotated, Any, Literal

import pydantic


def one_of(what: str, kinds: dict[str, type]) -> Any:
    """The type of a field that is one of `kinds`, told apart by `kind`.

    A name alone stands for a kind with its defaults: `optimizer: adamw`.

    Args:
        what: Name of the choice in error messages.
        kinds: Dataclass by name.
    """
    names = tuple(kinds)
    shape = Annotated[
        functools.reduce(operator.or_, kinds.values()), pydantic.Discriminator("kind")
    ]

    def expand(value: Any) -> Any:
        if isinstance(value, dict):
            # Strict validation takes a list for a tuple in JSON, but this is Python by now.
            return {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
        if not isinstance(value, str):
            return value
        if value not in names:
            close = difflib.get_close_matches(value, names, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"Unknown {what} {value!r}.{hint} Known: {', '.join(names)}")
        return {"kind": value}

    validator = pydantic.BeforeValidator(expand, json_schema_input_type=Literal[names] | shape)
    return Annotated[shape, validator]


def check_share(field: str, value: float) -> None:
    """Refuse what is not in [0, 1).

    Raises:
        ValueError: Naming the field.
    """
    if not 0 <= value < 1:
        raise ValueError(f"`{field}` must be in [0, 1). Received: {field}={value}")
