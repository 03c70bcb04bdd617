"""One of several dataclasses in a config, given by name or as a mapping."""

from __future__ import annotations

import dataclasses
from typing import Any

import pydantic
from pydantic_core import core_schema

from models import did_you_mean


@dataclasses.dataclass(frozen=True)
class ByName:
    """Lets a name alone stand for a choice with its defaults: `optimizer: adamw`.

    It annotates a union of dataclasses that a discriminator tells apart:
    `Annotated[Adam | SGD, pydantic.Discriminator("kind"), ByName("optimizer", ("adam", "sgd"))]`.
    """

    what: str
    """Name of the choice in error messages."""
    names: tuple[str, ...]
    """The `kind` of each dataclass."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: pydantic.GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Let pydantic expand a name before it tells the dataclasses apart."""
        shape = handler(source)
        written = core_schema.union_schema([core_schema.literal_schema(list(self.names)), shape])
        return core_schema.no_info_before_validator_function(
            self.expand, shape, json_schema_input_schema=written
        )

    def expand(self, value: Any) -> Any:
        """The mapping that a name stands for; other values as they are.

        Raises:
            ValueError: If there is no such name; the message names the closest one.
        """
        if isinstance(value, dict):
            # Strict validation takes a list for a tuple in JSON, but this is Python by now.
            return {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
        if not isinstance(value, str):
            return value
        if value not in self.names:
            hint = did_you_mean.hint(value, self.names)
            raise ValueError(f"Unknown {self.what} {value!r}.{hint} Known: {', '.join(self.names)}")
        return {"kind": value}
