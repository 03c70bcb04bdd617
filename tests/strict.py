"""A config read as strictly as the pipeline reads it."""

import dataclasses
import json

import pydantic

from pipeline.config import problems

_STRICT = pydantic.ConfigDict(extra="forbid", strict=True)


def read(config, fields):
    """An instance of a config's class; the class itself stays as it is.

    Raises:
        ConfigError: In the words that the user would read, each line with the dotted field.
    """
    holder = dataclasses.make_dataclass("Holder", [("held", config)])
    holder.__pydantic_config__ = _STRICT
    data = {"held": fields}
    try:
        return pydantic.TypeAdapter(holder).validate_json(json.dumps(data)).held
    except pydantic.ValidationError as error:
        found = problems.describe(error, data, holder)
        raise problems.ConfigError("config", found) from error


def check(instance):
    """The same instance, if the pipeline could have read it from a YAML.

    Raises:
        ConfigError: As `read`.
    """
    kind = type(instance)
    fields = pydantic.TypeAdapter(kind).dump_python(instance, mode="json")
    return read(kind, fields)
