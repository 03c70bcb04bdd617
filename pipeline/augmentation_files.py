"""Files that the operations of `augmentation` read: where they are, and whether they changed."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from components.augment import config
from pipeline import problems

_PATHS = {
    config.EdaConfig: ("stop_words", "sentencepiece"),
    config.VectorSynonyms: ("path", "preset"),
    config.ThesaurusSynonyms: ("path",),
    config.WordnetSynonyms: ("folder",),
    config.BackTranslationConfig: ("forward", "backward"),
    config.ContextualConfig: ("preset",),
}
"""Fields with a path relative to the YAML."""
_FOLDERS = ("folder", "forward", "backward")
"""Those of them that name a folder."""
_PRESET = "preset"
"""That of them which is a name or a handle where there is no such folder."""
_WORDS = {"stop_words": (config.ENGLISH, config.NO_STOP_WORDS), _PRESET: (config.MINILM,)}
"""What a field may be besides a path."""
_ADDRESS = re.compile(r"[\w.-]+:\d+(/|$)")
"""How the address of a server begins if its `http://` was forgotten."""


def check(operations: Sequence[Any], path: pathlib.Path) -> None:
    """Refuse files and folders that do not exist, before anything is read or trained.

    Presets are not looked for: they may be names of what is downloaded.

    Args:
        operations: The `augmentation` section.
        path: The YAML that it is from.

    Raises:
        ConfigError: With the dotted field of each.
    """
    base = path.resolve().parent
    lines = list(_missing(operations, base, "augmentation"))
    if lines:
        raise problems.ConfigError(str(path), lines)


def _missing(operations: Sequence[Any], base: pathlib.Path, section: str) -> Iterator[str]:
    for index, operation in enumerate(operations):
        for name in _PATHS.get(type(operation), ()):
            value = getattr(operation, name)
            is_there = pathlib.Path.is_dir if name in _FOLDERS else pathlib.Path.is_file
            if name != _PRESET and _is_path(name, value) and not is_there(base / value):
                yield f"{section}[{index}].{name}: {_explain(name, value, base)}"
        if getattr(operation, "seeks_synonyms", False):
            yield from _missing(operation.synonyms, base, f"{section}[{index}].synonyms")


def _explain(name: str, value: str, base: pathlib.Path) -> str:
    expected = "folder" if name in _FOLDERS else "file"
    said = (
        f"there is no {expected} {base / value}. Expected: an existing {expected}, absolute or "
        f"relative to the YAML. Received: {value!r}. Correct the path or put the {expected} there."
    )
    if name in ("forward", "backward") and _ADDRESS.match(value):
        return f"{said} If a server is meant, write http://{value}"
    return said


def placed(operations: Sequence[Any], base: str) -> tuple[Any, ...]:
    """The operations with absolute paths; presets that are no folder there stay as they are.

    Args:
        operations: The `augmentation` section.
        base: Folder that relative paths start from.
    """
    return tuple(_placed(operation, base) for operation in operations)


def _placed(operation: Any, base: str) -> Any:
    changed: dict[str, Any] = {}
    for name in _PATHS.get(type(operation), ()):
        value = getattr(operation, name)
        if _is_path(name, value):
            path = pathlib.Path(base, value)
            changed[name] = str(path) if name != _PRESET or path.is_dir() else value
    if isinstance(operation, config.EdaConfig):
        changed["synonyms"] = placed(operation.synonyms, base)
    return dataclasses.replace(operation, **changed) if changed else operation


def _is_path(name: str, value: str | None) -> bool:
    return value is not None and value not in _WORDS.get(name, ()) and "://" not in value


def fingerprint(operations: Sequence[Any]) -> str:
    """Hash of the names, sizes and times of all files that the operations read.

    Files are not opened. Missing ones give a fingerprint, too; reading them is the error.

    Args:
        operations: From `placed`.
    """
    state = hashlib.sha256()
    for place in _places(operations):
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file():
                found = file.stat()
                state.update(f"{file}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return state.hexdigest()[:32]


def _places(operations: Sequence[Any]) -> Iterator[pathlib.Path]:
    for operation in operations:
        for name in _PATHS.get(type(operation), ()):
            value = getattr(operation, name)
            if _is_path(name, value):
                yield pathlib.Path(value).expanduser()
        yield from _places(getattr(operation, "synonyms", ()))
