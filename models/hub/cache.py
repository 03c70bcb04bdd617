"""A folder of fetched modules that checks itself and heals.

Each handle has one entry: the files of the module and a manifest with the size and SHA-256 of
each. An entry is written under another name and renamed when it is whole, under a lock that other
processes wait for. An entry that is not what its manifest says is fetched again.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
import os
import pathlib
import re
import shutil
from typing import Any

import filelock

from models import json_files
from models.hub import fetch

_LOGGER = logging.getLogger(__name__)

_MANIFEST = "manifest.json"
_CONTENT = "module"


def default_folder() -> pathlib.Path:
    """The folder that TFHUB_CACHE_DIR names, or else `workspace/hub`."""
    return pathlib.Path(os.environ.get("TFHUB_CACHE_DIR") or "workspace/hub").expanduser()


def resolve(
    handle: str, folder: pathlib.Path | None = None, sha256: str | None = None
) -> pathlib.Path:
    """Return the folder that holds a module's `saved_model.pb`, fetching it if need be.

    Args:
        handle: A folder, an archive (.tar.gz, .tgz, .tar or .zip), the address of one, an
            address at tfhub.dev, or `kaggle://publisher/model/framework/variation`, with or
            without `/version`.
        folder: The cache; None: `default_folder()`. A module in a folder is used where it is.
        sha256: What the archive's SHA-256 must be, 64 hexadecimal digits; None: anything. Plain
            http:// addresses need it.

    Raises:
        ValueError: If the handle is of no such kind, there is no such file, the archive is
            damaged, unsafe or not the expected one, or it holds no module.
        ConnectionError: If it must be fetched and cannot be; the message says what is missing,
            where it was looked for and how to get it.
    """
    local = pathlib.Path(handle).expanduser()
    fetch.check_source(handle, sha256)
    if not fetch.is_remote(handle) and local.is_dir():
        if sha256 is not None:
            raise ValueError(
                f"`sha256` is of an archive. Received: handle={handle!r}, which is a folder. "
                "Name the archive, or leave out `sha256`."
            )
        return fetch.find_module(local, handle)
    entry = _Entry((folder or default_folder()).absolute(), handle, sha256)
    with entry.lock():
        damage = entry.damage()
        if damage is not None:
            _LOGGER.info("fetching the module %s: in the cache, %s", handle, damage)
            entry.replace(damage)
        return entry.module()


def require(config: Any, handle: str) -> None:
    """Refuse a module on disk that is not there, without fetching anything.

    Args:
        config: A `HubModelConfig`.
        handle: Its `handle`, or one that a search tries; a path is absolute.

    Raises:
        ValueError: If it is a path at which there is no module, nor was one that is in the cache.
    """
    path = pathlib.Path(handle).expanduser()
    if fetch.is_remote(handle) or path.is_file():
        return
    if path.is_dir():
        fetch.find_module(path, handle)
        return
    folder = config.cache_folder
    cached = _Entry((pathlib.Path(folder) if folder else default_folder()).absolute(), handle, None)
    if not cached.folder.is_dir():
        raise fetch.no_module(handle)


@dataclasses.dataclass(frozen=True)
class _Entry:
    """The files of one handle."""

    cache: pathlib.Path
    handle: str
    sha256: str | None
    """What the archive's digest must be; None: anything."""

    @property
    def folder(self) -> pathlib.Path:
        """Readable to a person who looks into the cache, and different for each handle."""
        readable = re.sub(r"[^A-Za-z0-9.]+", "-", self.handle).strip("-.")[-60:]
        return self.cache / f"{readable}-{hashlib.sha256(self.handle.encode()).hexdigest()[:16]}"

    def beside(self, suffix: str) -> pathlib.Path:
        """A path that belongs to the entry, whose name no entry has."""
        return self.folder.with_name(f".{self.folder.name}.{suffix}")

    def lock(self) -> filelock.FileLock:
        """What makes other threads and processes wait that look at the same entry."""
        self.cache.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(self.beside("lock"))

    def damage(self) -> str | None:
        """Say what is wrong with the entry; None if nothing is.

        Sizes are compared each time, contents again only after a file was touched.
        """
        if not self.folder.is_dir():
            return "it is missing"
        manifest = self._manifest()
        if manifest is None:
            return f"{_MANIFEST} is missing or damaged"
        source = fetch.stamp(self.handle)
        if source is not None and source != manifest["source"]:
            return "the archive has changed since"
        archive = manifest.get("archive_sha256")
        if self.sha256 is not None and archive != self.sha256.lower():
            return f"it was unpacked from an archive with the SHA-256 {archive or 'unknown'}"
        for name, expected in manifest["files"].items():
            path = self.folder / _CONTENT / name
            if not path.is_file():
                return f"the file {name} is missing"
            status = path.stat()
            if status.st_size != expected["size"]:
                return f"the file {name} has {status.st_size} bytes instead of {expected['size']}"
            if _sha256(str(path), status.st_size, status.st_mtime_ns) != expected["sha256"]:
                return f"the file {name} has other contents than were fetched"
        return None

    def module(self) -> pathlib.Path:
        """The folder with `saved_model.pb`."""
        return fetch.find_module(self.folder / _CONTENT, self.handle)

    def replace(self, damage: str) -> None:
        """Fetch the module; the old entry stays until the new one is whole."""
        partial, old = self.beside("partial"), self.beside("old")
        for leftover in (partial, old):
            shutil.rmtree(leftover, ignore_errors=True)
        content = partial / _CONTENT
        content.mkdir(parents=True)
        try:
            source = fetch.stamp(self.handle)
            digest = fetch.fetch(self.handle, content, self.sha256)
            fetch.find_module(content, self.handle)
        except ConnectionError as error:
            raise ConnectionError(
                f"{error} Looked in the cache first: {damage} at {self.folder}. On a machine "
                "without a network, download the module elsewhere and give its folder or archive "
                "as the handle, or copy that machine's cache folder and name it in "
                "TFHUB_CACHE_DIR."
            ) from error
        json_files.write_json(partial / _MANIFEST, _describe(self.handle, source, digest, content))
        if self.folder.exists():
            self.folder.rename(old)
        partial.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)

    def _manifest(self) -> dict[str, Any] | None:
        try:
            manifest = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return manifest if isinstance(manifest, dict) and "files" in manifest else None


def _describe(
    handle: str, source: str | None, archive: str | None, content: pathlib.Path
) -> dict[str, Any]:
    """The manifest of what was fetched."""
    found = {}
    for path in sorted(path for path in content.rglob("*") if path.is_file()):
        status = path.stat()
        digest = _sha256(str(path), status.st_size, status.st_mtime_ns)
        found[path.relative_to(content).as_posix()] = {"size": status.st_size, "sha256": digest}
    return {"handle": handle, "source": source, "archive_sha256": archive, "files": found}


@functools.lru_cache(maxsize=10_000)
def _sha256(path: str, size: int, mtime_ns: int) -> str:
    """Digest of a file, read once per process unless its size or time changes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
