"""A config read as strictly as the pipeline reads it."""

import json

import pydantic

_STRICT = pydantic.ConfigDict(extra="forbid", strict=True)


def read(config, fields):
    """An instance of a config's class; the class itself stays as it is."""
    holder = pydantic.create_model("Holder", __config__=_STRICT, held=(config, ...))
    return holder.model_validate_json(json.dumps({"held": fields})).held
