"""Import heavy libraries on first use.

Checking a config needs the dataclasses of every model, which live beside code
that imports Keras; loading Keras takes seconds that a typo should not cost.
(`importlib.util.LazyLoader` would do, but up to Python 3.12 a plain second
`import` of a deferred module already loads it.)
"""

import importlib
import importlib.util
import sys
import types
from typing import Any


class _Deferred(types.ModuleType):
    """Stands in `sys.modules` until somebody asks it for anything."""

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        module = importlib.import_module(name)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


def defer(name: str) -> None:
    """Make `import name` free until an attribute of the module is used.

    Args:
        name: Top-level module. Nothing happens if it is already imported.
    """
    if name in sys.modules:
        return
    module = _Deferred(name)
    module.__spec__ = importlib.util.find_spec(name)
    # Asked of every module by whoever inspects stacks, AutoGraph for one.
    module.__file__ = module.__spec__.origin if module.__spec__ else None
    sys.modules[name] = module
