"""Files that the operations of `augmentation` read: where they are, and whether they changed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from components.augment.text import config
from pipeline.config import relative_paths
from pipeline.config.problems import Problem
from pipeline.config.salvage import Unknown
from pipeline.runtime import fingerprint

_PATHS = {
    config.EdaConfig: ("stop_words", "sentencepiece"),
    config.VectorSynonyms: ("path", "preset"),
    config.ThesaurusSynonyms: ("path",),
    config.WordnetSynonyms: ("folder",),
    config.BackTranslationConfig: ("forward", "backward"),
    config.ContextualConfig: ("preset",),
}
"""Fields with a path relative to the YAML."""
_FOLDERS = ("folder", "forward", "backward", "preset")
"""Those of them that name a folder, if they are paths."""
_PRESET = "preset"
"""That of them which may be a name or a handle."""
_PLACE = {
    _PRESET: relative_paths.place_preset,
    "forward": relative_paths.place_saved_model,
    "backward": relative_paths.place_saved_model,
}
"""How they are made absolute, if not by `relative_paths.place`."""
_WORDS = {"stop_words": (config.ENGLISH, config.NO_STOP_WORDS)}
"""What a field may be besides a path."""
_ADDRESS = re.compile(r"[\w.-]+:\d+(/|$)")
"""How the address of a server begins if its `http://` was forgotten."""


def by_name(operations: Sequence[Any], base: pathlib.Path, served: pathlib.Path) -> tuple[Any, ...]:
    """The operations with the folders of translators that are named by what was pushed.

    A folder beside the YAML comes before a pushed model of the same name.

    Args:
        operations: The `augmentation` section.
        base: Folder that relative paths start from.
        served: Folder of the pushed models.
    """

    def found(value: Any) -> Any:
        is_word = isinstance(value, str) and value == pathlib.Path(value).name
        if not is_word or pathlib.Path(relative_paths.place(value, base)).is_dir():
            return value
        return str(served / value) if (served / value).is_dir() else value

    return tuple(
        dataclasses.replace(one, forward=found(one.forward), backward=found(one.backward))
        if isinstance(one, config.BackTranslationConfig)
        else one
        for one in operations
    )


def missing(
    operations: Sequence[Any], base: pathlib.Path, section: str = "augmentation"
) -> Iterator[Problem]:
    """Files and folders that do not exist, before anything is read or trained.

    Presets that are no paths are not looked for: they may be names of what is downloaded.

    Args:
        operations: The section, or the synonyms of one of its operations.
        base: Folder that relative paths start from.
        section: Dotted path of the operations.
    """
    for index, operation in enumerate(operations):
        path = f"{section}[{index}]"
        for name in _PATHS.get(type(operation), ()):
            with contextlib.suppress(Unknown):  # A path that is no text is told by itself.
                yield from _missing(name, getattr(operation, name), base, path)
        with contextlib.suppress(Unknown):
            if isinstance(operation, config.EdaConfig) and operation.seeks_synonyms:
                yield from missing(operation.synonyms, base, f"{path}.synonyms")


def _missing(name: str, value: Any, base: pathlib.Path, path: str) -> Iterator[Problem]:
    if not _is_path(name, value):
        return
    there = pathlib.Path(_PLACE.get(name, relative_paths.place)(value, base))
    if name == _PRESET and not there.is_absolute():
        return
    if not (there.is_dir() if name in _FOLDERS else there.is_file()):
        yield Problem(f"{path}.{name}", _explain(name, value, there))


def _explain(name: str, value: str, there: pathlib.Path) -> str:
    expected = "folder" if name in _FOLDERS else "file"
    text = (
        f"there is no {expected} {there}. Expected: an existing {expected}, absolute or "
        f"relative to the YAML. Received: {value!r}. Correct the path or put the {expected} there."
    )
    if name in ("forward", "backward"):
        if _ADDRESS.match(value):
            return f"{text} If a server is meant, write http://{value}"
        return (
            f"{text} Or name a model of `sequence_to_sequence` that was pushed in this workspace."
        )
    return text


def place(operations: Sequence[Any], base: str | pathlib.Path) -> tuple[Any, ...]:
    """The operations with absolute paths; presets that are no folders stay as they are.

    Args:
        operations: The `augmentation` section.
        base: Folder that relative paths start from.
    """
    return tuple(_place(operation, base) for operation in operations)


def _place(operation: Any, base: str | pathlib.Path) -> Any:
    changed: dict[str, Any] = {}
    for name in _PATHS.get(type(operation), ()):
        value = getattr(operation, name)
        if _is_path(name, value):
            changed[name] = _PLACE.get(name, relative_paths.place)(value, base)
    if isinstance(operation, config.EdaConfig):
        changed["synonyms"] = place(operation.synonyms, base)
    return dataclasses.replace(operation, **changed) if changed else operation


def _is_path(name: str, value: str | None) -> bool:
    return value is not None and value not in _WORDS.get(name, ()) and "://" not in value


def hash_files(operations: Sequence[Any]) -> str:
    """Hash of the names, sizes and times of all files that the operations read.

    Args:
        operations: From `place`.
    """
    return fingerprint.hash_files(_places(operations))


def _places(operations: Sequence[Any]) -> Iterator[pathlib.Path]:
    for operation in operations:
        for name in _PATHS.get(type(operation), ()):
            value = getattr(operation, name)
            if value is not None and os.path.isabs(value):
                yield pathlib.Path(value)
        if isinstance(operation, config.EdaConfig):
            yield from _places(operation.synonyms)
