"""What lies on the disk: version folders `<base>/<integer>/`, and which of them to serve.

Source: TensorFlow Serving, `sources/storage_path/file_system_storage_path_source.cc`.
Difference: only folders count, so that a file named by a number is no version.
"""

import dataclasses
import logging
import os
import pathlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from serving.repository.model_config import ServedModel, Specific

_LOG = logging.getLogger(__name__)
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_INT64 = range(-(2**63), 2**63)
_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")


@dataclasses.dataclass(frozen=True)
class Sighting:
    """What one look at a model's base folder showed."""

    name: str
    """Served name."""
    versions: Mapping[int, pathlib.Path]
    """Folders by number, as far as the policy wants them served."""
    model: ServedModel | None
    """The configured model; None for one found in the folder of models."""


class Disk:
    """The folders to look at; for one thread at a time.

    Logs what is odd about them, and only once until it changes.

    Args:
        models_dir: Folder whose subfolders are models; None for none.
    """

    def __init__(self, models_dir: pathlib.Path | None):
        self._models_dir = models_dir
        self._complaints: dict[str, tuple[str, ...]] = {}

    def look(self, models: Sequence[ServedModel], known: Iterable[str]) -> Iterator[Sighting]:
        """Find the versions that should be served.

        Args:
            models: The configured models.
            known: Names of models that were seen before; one that left the folder of models
                comes back without a version.

        Yields:
            Nothing about a model whose folder cannot be read: a disk that is away for a moment
            must not unload what it holds.
        """
        for model in models:
            try:
                versions, warnings = _find(model)
            except OSError as error:
                self._complain(model.name, logging.ERROR, [_cannot_read(model, error)])
                continue
            self._complain(model.name, logging.WARNING, warnings)
            yield Sighting(model.name, versions, model)
        if self._models_dir is not None and self._models_dir.is_dir():
            yield from self._look_in(self._models_dir, {m.name for m in models}, known)

    def _look_in(
        self, models_dir: pathlib.Path, configured: set[str], known: Iterable[str]
    ) -> Iterator[Sighting]:
        try:
            names = {path.name for path in models_dir.iterdir() if path.is_dir()} | set(known)
        except OSError as error:
            self._complain("", logging.ERROR, [f"Could not look for models: {error}"])
            return
        self._complain("", logging.ERROR, [])
        for name in sorted(names - configured):
            try:
                versions = find_versions(models_dir / name)
            except OSError as error:
                text = f"Could not read the versions of model {name}: {error}"
                self._complain(name, logging.ERROR, [text])
                continue
            self._complain(name, logging.ERROR, [])
            yield Sighting(name, versions, None)

    def _complain(self, name: str, level: int, texts: Sequence[str]) -> None:
        if self._complaints.get(name, ()) == tuple(texts):
            return
        self._complaints[name] = tuple(texts)
        for text in texts:
            _LOG.log(level, "%s", text)


def find_versions(base_path: pathlib.Path) -> dict[int, pathlib.Path]:
    """Folders that are complete enough to be loaded, by version number.

    A folder is complete when it holds a `saved_model.pb`. A base folder that is missing has none.

    Raises:
        OSError: If the base folder is there but cannot be read.
    """
    try:
        folders, _ = _index(base_path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {
        number: path
        for number, path in folders.items()
        if any((path / name).is_file() for name in _MODEL_FILES)
    }


def newest_that_loads(versions: Collection[int], failed: Collection[int]) -> set[int]:
    """Select the newest version that has not failed, and the newer ones that have.

    Args:
        versions: Versions on disk.
        failed: Those of them that did not load.
    """
    newest = max((number for number in versions if number not in failed), default=None)
    return {number for number in versions if newest is None or number >= newest}


def fingerprint(path: pathlib.Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when a file is added, removed or rewritten, as by a slow copy."""
    files = []
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            try:
                stat = os.stat(file)
            except OSError:  # Removed since it was listed; the next look will not list it.
                continue
            files.append((file, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(files))


def _index(base_path: pathlib.Path) -> tuple[dict[int, pathlib.Path], list[str]]:
    """Folders with a number for a name; of two with the same number the last by name counts."""
    folders: dict[int, pathlib.Path] = {}
    warnings = []
    for path in sorted(base_path.iterdir()):
        if not _NUMBER.fullmatch(path.name) or not path.is_dir():
            continue
        number = int(path.name)
        if number not in _INT64:
            continue
        if number in folders:
            warnings.append(
                f"Duplicate version directories detected. Version {number} will be loaded from "
                f"{path.name}, {folders[number].name} will be ignored."
            )
        folders[number] = path
    return folders, warnings


def _find(model: ServedModel) -> tuple[dict[int, pathlib.Path], list[str]]:
    """The folders that a configured model's policy wants served, and what is odd about them."""
    folders, warnings = _index(model.base_path)
    wanted = model.policy.select(folders)
    if isinstance(model.policy, Specific):
        warnings += _missing(model.name, model.policy, wanted)
    if not wanted:
        warnings.append(
            f"No versions of servable {model.name} found under base path {model.base_path}. "
            "Did you forget to name your leaf directory as a number (eg. '/1/')?"
        )
    return {number: folders[number] for number in wanted}, warnings


def _missing(name: str, policy: Specific, found: Collection[int]) -> list[str]:
    if not policy.versions:
        return [f"No specific versions requested for servable {name}."]
    return [
        f"Version {number} of servable {name}, which was requested to be served as a "
        "'specific' version in the servable's version policy, was not found in the file system"
        for number in policy.versions
        if number not in found
    ]


def _cannot_read(model: ServedModel, error: OSError) -> str:
    path = model.base_path
    is_missing = isinstance(error, FileNotFoundError)
    reason = f"NOT_FOUND: {path} not found" if is_missing else f"UNKNOWN: {error}"
    return (
        "FileSystemStoragePathSource encountered a filesystem access error: Could not find base "
        f"path {path} for servable {model.name} with error {reason}"
    )
