"""Importing a package whose cost is paid on first use.

Configs live beside the code they configure, and that code imports Keras. A
program that only wants the configs registers the heavy packages as lazy first;
they then load when an attribute of theirs is first read, which is inside `build`.
"""

import importlib.util
import sys
import threading
import types

# Reentrant: loading one lazy package may load another in the same thread.
_loading = threading.RLock()


class _LazyPackage(types.ModuleType):
    """A package that runs its code when it is first asked for something it does not have.

    The standard library's `LazyLoader` cannot be used: in Python 3.11 the mere statement
    `import keras` reads `__spec__`, which makes its module load. `__path__` is hidden until
    then, so that importing a submodule loads the package first.
    """

    def __getattr__(self, name: str):
        with _loading:
            if type(self) is _LazyPackage:
                self.__class__ = types.ModuleType
                self.__path__ = self.__spec__.submodule_search_locations
                try:
                    self.__spec__.loader.exec_module(self)
                except BaseException:
                    # A package that failed is imported, and fails, afresh next time.
                    sys.modules.pop(self.__name__, None)
                    raise
        return getattr(self, name)


def lazy_import(name: str) -> types.ModuleType:
    """Register a package that loads when one of its attributes is first read.

    Call it before anything imports the package; afterwards `import name` finds it.

    Args:
        name: Name of a top-level package, such as `keras`.

    Returns:
        The package. One that is already imported is returned as it is.

    Raises:
        ModuleNotFoundError: If no such package is installed.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(
            f"No package {name!r} is installed. Install the locked requirements of this project.",
            name=name,
        )
    package = _LazyPackage(name)
    package.__spec__ = spec
    package.__loader__ = spec.loader
    package.__file__ = spec.origin
    package.__package__ = name
    sys.modules[name] = package
    return package
