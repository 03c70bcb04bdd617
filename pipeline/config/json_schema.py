"""The JSON schema of the YAML, with a description of every field.

pydantic reads the text below a field in the class itself only, so the fields a
config inherits are described here.
"""

import ast
import dataclasses
import inspect
import itertools
import textwrap
from collections.abc import Iterable
from typing import Any


def describe_inherited(schema: dict[str, Any], classes: Iterable[type]) -> dict[str, Any]:
    """Add to a JSON schema what base classes say about their fields.

    Args:
        schema: From pydantic; changed in place.
        classes: Dataclasses that are definitions of the schema.

    Returns:
        The schema.
    """
    for kind in classes:
        properties = schema["$defs"][kind.__name__]["properties"]
        for base in kind.__mro__[1:]:
            for name, text in _descriptions(base).items():
                if name in properties:
                    properties[name].setdefault("description", text)
    return schema


def _descriptions(kind: type) -> dict[str, str]:
    """The string below each field of one class."""
    if not dataclasses.is_dataclass(kind):
        return {}
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    descriptions = {}
    for pair in itertools.pairwise(getattr(definition, "body", ())):
        match pair:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                descriptions[name] = inspect.cleandoc(text)
    return descriptions
