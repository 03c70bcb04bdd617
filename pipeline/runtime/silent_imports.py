"""Import libraries that print to standard error while they are imported.

TensorFlow tells of oneDNN on processors with AVX-512 whatever `TF_CPP_MIN_LOG_LEVEL` says: its
messages come before its logging listens to anything.
"""

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence

from components.ingest import native_errors


class _Silenced(importlib.abc.MetaPathFinder):
    """Finds one module on the path, and imports it without what it prints."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See the base class."""
        if name != self._name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            _wrap(spec.loader)
        return spec


def silence(name: str) -> None:
    """Import a module, whenever that happens, without the lines that it prints meanwhile.

    They are printed if the import fails.

    Args:
        name: Top-level module. Nothing happens if it is already imported.
    """
    if name not in sys.modules:
        sys.meta_path.insert(0, _Silenced(name))


def _wrap(loader: importlib.abc.Loader) -> None:
    execute = loader.exec_module

    def quietly(module: types.ModuleType) -> None:
        lines: list[str] = []
        try:
            with native_errors.captured() as lines:
                execute(module)
        except BaseException:
            sys.stderr.write("\n".join([*lines, ""]))
            raise

    vars(loader)["exec_module"] = quietly
