"""The versions of one model: their states, and which to load and unload next.

No threads and no disk: the repository calls this under its lock and does the work.
Source: TensorFlow Serving, `core/aspired_versions_manager.cc` and
`core/availability_preserving_policy.cc`; as there, a version that should be served is
"aspired". Differences: a failed version is tried again once its files have changed, and a
version that is wanted again while it still serves goes on serving.
"""

import dataclasses
import pathlib
import threading
from collections.abc import Callable, Collection, Mapping

from serving import errors
from serving.model import Predictor, VersionStatus

Select = Callable[[Collection[int], Collection[int]], set[int]]
"""Chooses versions to serve, from those on disk and those of them that failed."""


@dataclasses.dataclass(eq=False)
class Version:
    """One life of a version, from START to END."""

    model: str
    """Served name."""
    number: int
    """Name of the folder, as a number."""
    path: pathlib.Path
    """The folder."""
    state: str = "START"
    """As in `serving.model.VersionStatus`."""
    error: errors.ServingError | None = None
    """Why it ended, if that was not asked for."""
    is_aspired: bool = True
    """False once it is to be served no more, but perhaps still is."""
    is_requested: bool = False
    """True once somebody was told to load it."""
    predictor: Predictor | None = None
    """There from AVAILABLE until it is unloaded."""
    num_requests: int = 0
    """Requests that use it now."""
    num_tries: int = 0
    """Failed attempts to load it."""
    failed_files: tuple[object, ...] | None = None
    """Fingerprint of its files at the last failed attempt."""
    seen_files: tuple[object, ...] | None = None
    """Fingerprint at the last look since then."""
    retry: threading.Timer | None = None
    """The next attempt, while it is waited for."""

    def __str__(self) -> str:
        return f"{{name: {self.model} version: {self.number}}}"

    @property
    def has_failed(self) -> bool:
        """True if it ended without ever being served."""
        return self.state == "END" and self.failed_files is not None

    def status(self) -> VersionStatus:
        """What the status endpoints report."""
        if self.state != "END" or self.error is None:
            return VersionStatus(self.number, self.state)
        return VersionStatus(self.number, self.state, self.error.code, self.error.text)

    def has_changed(self, files: tuple[object, ...]) -> bool:
        """Tell whether a failed version deserves another try.

        Args:
            files: Fingerprint of its files now.

        Returns:
            True if they are others than those that failed, and the same as at the last call: a
            copy that is still under way would only fail again.
        """
        is_at_rest, self.seen_files = files == self.seen_files, files
        return is_at_rest and files != self.failed_files

    def end(self, error: errors.ServingError | None = None) -> None:
        """Reach the last state and let go of everything that takes memory."""
        self.state, self.error, self.predictor = "END", error, None
        if self.retry is not None:
            self.retry.cancel()
            self.retry = None


class Model:
    """All versions of one model, those of the past included.

    Args:
        name: Served name.

    Attributes:
        name: Served name.
        versions: By number; an ended one stays, for the status endpoints.
        newest: The available version with the highest number, if any.
        max_retries: Attempts after the first failed one.
    """

    def __init__(self, name: str):
        self.name = name
        self.versions: dict[int, Version] = {}
        self.newest: Version | None = None
        self.max_retries = 0
        self._found: Mapping[int, pathlib.Path] = {}
        self._select: Select = lambda versions, failed: set(versions)

    def aspire(self, found: Mapping[int, pathlib.Path], select: Select) -> None:
        """Note what is on the disk and should be served.

        Args:
            found: Folders by number.
            select: Chooses from them; asked again whenever a version fails.
        """
        self._found, self._select = found, select
        self._update()

    def next_steps(self) -> tuple[list[Version], list[Version]]:
        """Decide what to do; to be called after every change.

        Returns:
            Versions to load, in this order, and versions to unload, UNLOADING from now on.
        """
        self._update()
        unloads = self._unloads()
        for version in unloads:
            version.state = "UNLOADING"
        loads = [v for v in self._newest_first() if v.state == "START" and not v.is_requested]
        for version in loads:
            version.is_requested = True
        available = (v for v in self._newest_first() if v.state == "AVAILABLE")
        self.newest = next(available, None)
        return loads, unloads

    def stuck(self) -> list[Version]:
        """Versions that should be served and failed, for good or until the next attempt."""
        return [v for v in self._newest_first() if v.is_aspired and (v.has_failed or v.retry)]

    def failed(self) -> list[Version]:
        """Those that failed for good, newest first."""
        return [v for v in self._newest_first() if v.is_aspired and v.has_failed]

    def is_settled(self) -> bool:
        """True if a version is available, or none will be without a change of the disk."""
        states = {v.state for v in self.versions.values() if v.is_aspired}
        return "AVAILABLE" in states or not states & {"START", "LOADING"}

    def is_aspired(self) -> bool:
        """True if any version should be served."""
        return any(v.is_aspired for v in self.versions.values())

    def statuses(self) -> list[VersionStatus]:
        """States of all versions, newest first."""
        return [version.status() for version in self._newest_first()]

    def _update(self) -> None:
        failed = {v.number for v in self.failed()}
        wanted = self._select(self._found, failed & self._found.keys())
        for number, version in self.versions.items():
            if number not in wanted:
                _unaspire(version)
        for number in wanted:
            known = self.versions.get(number)
            if known is None or (known.state == "END" and not known.is_aspired):
                self.versions[number] = Version(self.name, number, self._found[number])
            elif known.state != "UNLOADING":
                known.is_aspired = True

    def _unloads(self) -> list[Version]:
        """Versions that the newer ones, or nobody, make superfluous: the lowest first."""
        available = [v for v in reversed(self._newest_first()) if v.state == "AVAILABLE"]
        superfluous = [v for v in available if not v.is_aspired]
        if not self.is_aspired() or len(superfluous) < len(available):
            return superfluous
        return superfluous[:-1]  # The newest of them serves until an aspired one does.

    def _newest_first(self) -> list[Version]:
        return [self.versions[number] for number in sorted(self.versions, reverse=True)]


def _unaspire(version: Version) -> None:
    if not version.is_aspired:
        return
    version.is_aspired = False
    if version.state == "START":
        version.end()
    elif version.retry is not None:
        version.end(version.error)
