"""Version folders `<base>/<integer>/`: find, load, swap, unload.

The newest version on disk is served. A version is unloaded only after a newer
one is available and its own last request has been answered, so a swap drops
nothing. A version that does not load is reported as `END` with the reason and
is tried again only when its files change; meanwhile the newest of the others
serves.

Sources: TensorFlow Serving, `sources/storage_path/file_system_storage_path_source.cc`
(which folders count) and `core/availability_preserving_policy.cc` (the order).
Differences: a folder without `saved_model.pb` is not a version yet, and an
older version is loaded when no newer one can be.
"""

import contextlib
import dataclasses
import logging
import pathlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from serving import errors
from serving.model import ModelSpec, Predictor, VersionStatus

_LOG = logging.getLogger(__name__)
_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
_LARGEST_VERSION = 2**63 - 1

Load = Callable[[pathlib.Path, int], Predictor]
"""Loads the version in a folder; the second argument is its number."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """Where models are."""

    base_paths: Mapping[str, pathlib.Path] = dataclasses.field(default_factory=dict)
    """Folder of the versions, by served name."""
    models_dir: pathlib.Path | None = None
    """Folder whose subfolders are models named after them, now and later; None to not look."""

    def find(self, known: Iterable[str]) -> dict[str, dict[int, pathlib.Path]]:
        """Versions on disk by number, by model name.

        Args:
            known: Names of the models seen before; one that left `models_dir` comes back empty.

        Returns:
            Nothing about a model whose base folder is missing: a disk that is away for a moment
            must not unload what it holds.
        """
        base_paths = {name: path for name, path in self.base_paths.items() if path.is_dir()}
        if self.models_dir is not None and self.models_dir.is_dir():
            names = {path.name for path in _folders(self.models_dir)} | set(known)
            own = names - self.base_paths.keys()
            base_paths |= {name: self.models_dir / name for name in own}
        return {name: find_versions(path) for name, path in base_paths.items()}


def find_versions(base_path: pathlib.Path) -> dict[int, pathlib.Path]:
    """Folders that are complete enough to be a version, by number.

    Names that are not a whole number, temporary ones among them, are not versions.
    """
    versions = {}
    for path in _folders(base_path):
        is_number = path.name.isascii() and path.name.isdigit()
        if not is_number or int(path.name) > _LARGEST_VERSION:
            continue
        if any((path / name).is_file() for name in _MODEL_FILES):
            versions[int(path.name)] = path
    return versions


@dataclasses.dataclass
class _Version:
    """What the repository knows of one version; changed under the lock only."""

    status: VersionStatus
    predictor: Predictor | None = None
    requests: int = 0
    failed_files: tuple | None = None


class Repository:
    """The served versions; see `serving.model.Repository`.

    Call `poll` once to load what is there, then `start` to follow the disk.

    Args:
        sources: Where models are.
        load: Loads one version; what it raises becomes the version's status.
        poll_seconds: Time between two looks at the disk.
    """

    def __init__(self, sources: Sources, load: Load, poll_seconds: float = 1.0):
        self._sources = sources
        self._load = load
        self._poll_seconds = poll_seconds
        self._models: dict[str, dict[int, _Version]] = {}
        self._lock = threading.Lock()
        self._polling = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look at the disk every `poll_seconds` in a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name="repository", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking and unload everything; running requests finish first."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for name in list(self._models):
            self._retire(name, keep=None)

    def poll(self) -> None:
        """Bring what is served in line with the disk; returns when loading is done."""
        with self._polling:
            found = self._sources.find(self.model_names())
            for name in sorted(found):
                try:
                    self._update(name, found[name])
                except OSError as error:  # One unreadable folder must not stall the other models.
                    _LOG.warning("Could not read the versions of model %s: %s", name, error)

    @contextlib.contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[Predictor]:
        """Keep a version loaded while one request uses it."""
        version = self._acquire(spec)
        try:
            yield version.predictor
        finally:
            with self._lock:
                version.requests -= 1
            self._unload_if_idle(version)

    def status(self, name: str, version: int | None = None) -> list[VersionStatus]:
        """States of a model's versions, newest first."""
        with self._lock:
            known = self._models.get(name, {})
            statuses = [known[number].status for number in sorted(known, reverse=True)]
        if version is not None:
            statuses = [status for status in statuses if status.version == version]
            if not statuses:
                raise errors.not_found(f"Could not find version {version} of model {name}")
        if not statuses:
            raise errors.not_found(f"Could not find any versions of model {name}")
        return statuses

    def model_names(self) -> list[str]:
        """Names of all models that have or had a version."""
        with self._lock:
            return sorted(self._models)

    def is_ready(self) -> bool:
        """True once every model on disk has an available version."""
        with self._lock:
            wanted = [name for name, known in self._models.items() if not _is_gone(known)]
            serving = [self._available(name) is not None for name in wanted]
        return bool(serving) and all(serving)

    def _follow(self) -> None:
        while not self._stop.wait(self._poll_seconds):
            try:
                self.poll()
            except OSError as error:  # The disk may be away; what is served still answers.
                _LOG.warning("Could not look for new model versions, trying again: %s", error)

    def _update(self, name: str, found: Mapping[int, pathlib.Path]) -> None:
        """Serve the newest version that loads, then retire the others."""
        self._forgive_failures(name, found)
        for number in sorted(found, reverse=True):
            if self._is_available(name, number) or self._try_to_load(name, number, found[number]):
                self._retire(name, keep=number)
                return
        if not found:
            self._retire(name, keep=None)

    def _try_to_load(self, name: str, number: int, path: pathlib.Path) -> bool:
        files = _fingerprint(path)
        with self._lock:
            known = self._models.setdefault(name, {}).get(number)
            if known is not None and known.failed_files == files:
                return False
            version = _Version(VersionStatus(number, "LOADING"))
            self._models[name][number] = version
        try:
            predictor = self._load(path, number)
        except Exception as error:
            _LOG.error("Could not load model %s version %d: %s", name, number, error)
            with self._lock:
                version.failed_files = files
                version.status = _failed(number, error)
            return False
        with self._lock:
            version.predictor = predictor
            version.status = VersionStatus(number, "AVAILABLE")
        _LOG.info("Successfully loaded servable version {name: %s version: %d}", name, number)
        return True

    def _forgive_failures(self, name: str, found: Mapping[int, pathlib.Path]) -> None:
        """A version that left the disk gets a new chance when it returns."""
        with self._lock:
            for number, version in self._models.get(name, {}).items():
                if number not in found:
                    version.failed_files = None

    def _retire(self, name: str, keep: int | None) -> None:
        with self._lock:
            others = [v for n, v in self._models.get(name, {}).items() if n != keep]
            retired = [v for v in others if v.status.state == "AVAILABLE"]
            for version in retired:
                version.status = dataclasses.replace(version.status, state="UNLOADING")
        for version in retired:
            self._unload_if_idle(version)

    def _unload_if_idle(self, version: _Version) -> None:
        with self._lock:
            if version.status.state != "UNLOADING" or version.requests or not version.predictor:
                return
            predictor, version.predictor = version.predictor, None
        predictor.close()
        with self._lock:
            version.status = dataclasses.replace(version.status, state="END")

    def _acquire(self, spec: ModelSpec) -> _Version:
        if spec.label is not None:
            raise errors.invalid_argument(f"Unrecognized servable version label: {spec.label}")
        with self._lock:
            number = self._available(spec.name) if spec.version is None else spec.version
            version = self._models.get(spec.name, {}).get(number)
            if version is None or version.status.state != "AVAILABLE":
                wanted = (
                    f"Latest({spec.name})"
                    if spec.version is None
                    else f"Specific({spec.name}, {spec.version})"
                )
                raise errors.not_found(f"Servable not found for request: {wanted}")
            version.requests += 1
            return version

    def _is_available(self, name: str, number: int) -> bool:
        with self._lock:
            version = self._models.get(name, {}).get(number)
            return version is not None and version.status.state == "AVAILABLE"

    def _available(self, name: str) -> int | None:
        """Newest available version; the caller holds the lock."""
        known = self._models.get(name, {})
        return max((n for n, v in known.items() if v.status.state == "AVAILABLE"), default=None)


def _failed(number: int, error: Exception) -> VersionStatus:
    if isinstance(error, errors.ServingError):
        return VersionStatus(number, "END", error.code, error.text)
    return VersionStatus(number, "END", "UNKNOWN", str(error))


def _is_gone(known: Mapping[int, _Version]) -> bool:
    """True if nothing of a model is served and nothing failed: its folders were removed."""
    return all(v.status.state == "END" and v.failed_files is None for v in known.values())


def _folders(path: pathlib.Path) -> list[pathlib.Path]:
    try:
        return [child for child in path.iterdir() if child.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _fingerprint(path: pathlib.Path) -> tuple:
    """Changes when a file is added, removed or rewritten, as a slow copy does."""
    stats = [(str(p), p.stat()) for p in sorted(path.rglob("*")) if p.is_file()]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
