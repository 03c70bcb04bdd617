"""From a path as written to what is on disk.

What is there letter for letter always comes first, so a folder named `run[1]` is a folder.
Then come the same names in another Unicode form or with another case of their ending, and
only then patterns, and never in the folder that a path starts from.
"""

import fnmatch
import os
import pathlib
from collections.abc import Iterator

from components.ingest import errors
from components.ingest.files import names

_ANY_DEPTH = "**"
_MAGIC = frozenset("*?[")


class Locator:
    """Finds files and folders by path; remembers what folders hold.

    Args:
        base: Folder that relative paths start from.
    """

    def __init__(self, base: str | os.PathLike[str]):
        self._base = pathlib.Path(base)
        self._listed: dict[pathlib.Path, dict[str, list[str]]] = {}

    def place(self, path: str) -> pathlib.Path:
        """Where a path leads letter for letter, whether or not something is there."""
        start, parts = self.start(path)
        return start.joinpath(*parts)

    def find(self, path: str) -> pathlib.Path | None:
        """What a path names, be it a dangling link; None if nothing is there.

        Raises:
            DataError: If only other spellings are there, and several.
        """
        if os.path.lexists(exact := self.place(path)):
            return exact
        start, parts = self.start(path)
        found: pathlib.Path | None = start
        for part in parts:
            found = found and self.step(found, part)
        return found

    def match(self, pattern: str) -> list[pathlib.Path]:
        """Files that a pattern stands for, sorted.

        `**` crosses folders. Hidden files, leftovers of other programs and workspaces match
        only where the pattern names them.
        """
        start, parts = self.start(pattern)
        if parts and parts[-1] == _ANY_DEPTH:
            parts = (*parts, "*")
        found = {start}
        for part in parts:
            found = {inner for folder in found for inner in self._expand(folder, part)}
        return sorted(file for file in found if not file.is_dir())

    def start(self, path: str) -> tuple[pathlib.Path, tuple[str, ...]]:
        """The folder that a path starts from, and its steps from there."""
        written = pathlib.Path(path)
        if written.parts[:1] == ("~",) and not os.path.lexists(self._base / "~"):
            written = written.expanduser()
        inner = written.relative_to(written.anchor)
        return self._base / written.anchor, inner.parts

    def step(self, folder: pathlib.Path, name: str) -> pathlib.Path | None:
        """What a folder holds under a name, or a spelling of it; None if nothing.

        Raises:
            DataError: If only other spellings are there, and several.
        """
        exact = folder / name
        if os.path.lexists(exact):
            return exact
        spellings = self._names(folder).get(names.alike(name), [])
        same = [other for other in spellings if names.composed(other) == names.composed(name)]
        found = same or spellings
        if len(found) > 1:
            raise errors.DataError(
                f"{name!r} is not in {names.shown(folder)} letter for letter, and several files "
                f"there have this name in other spellings: {', '.join(map(ascii, found))}. "
                "Remove or rename all but one."
            )
        return folder / found[0] if found else None

    def _names(self, folder: pathlib.Path) -> dict[str, list[str]]:
        if folder not in self._listed:
            listed: dict[str, list[str]] = {}
            for name in listing(folder):
                listed.setdefault(names.alike(name), []).append(name)
            self._listed[folder] = listed
        return self._listed[folder]

    def _expand(self, folder: pathlib.Path, part: str) -> Iterator[pathlib.Path]:
        """What one step of a pattern leads to from a folder."""
        if part == _ANY_DEPTH:
            yield from below(folder)
        elif literal := self.step(folder, part):
            yield literal
        elif folder.is_dir() and is_pattern(part):
            is_open = part.startswith(".")
            inner = [folder / n for n in listing(folder)] if is_open else names.entries(folder)
            wanted = names.alike(part)
            yield from (e for e in inner if fnmatch.fnmatchcase(names.alike(e.name), wanted))


def spelled(path: pathlib.Path) -> pathlib.Path:
    """The path as it is spelled on disk: letter for letter, or in another Unicode form.

    Args:
        path: As typed, of something that may not be there.

    Raises:
        DataError: If only other spellings are there, and several.
    """
    if os.path.lexists(path):
        return path
    found = Locator(pathlib.Path.cwd()).find(str(path))
    return pathlib.Path(os.path.relpath(found)) if found else path


def below(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder and those in it, through links but not in circles."""
    seen: set[str] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        real = os.path.realpath(here)
        if real in seen or not here.is_dir():
            continue
        seen.add(real)
        yield here
        waiting += reversed(names.folders(here))


def is_pattern(step: str) -> bool:
    """Whether a step of a path stands for several names."""
    return not _MAGIC.isdisjoint(step)


def listing(folder: pathlib.Path) -> list[str]:
    """Names of all that a folder holds, sorted; none if it cannot be looked into."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
