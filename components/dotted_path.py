"""Functions that a component is told by name, as their packages must not be imported here."""

import importlib
from collections.abc import Callable
from typing import Any


def load(path: str) -> Callable[..., Any]:
    """The function at a dotted path."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)
