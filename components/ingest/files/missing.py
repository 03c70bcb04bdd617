"""What to say of a path at which there is nothing to read."""

import errno
import os
import pathlib
import shlex
import stat

from components.ingest import errors
from components.ingest.files import locate, names

_UNPACK = {
    ".zip": "unzip",
    ".tar": "tar -xf",
    ".tgz": "tar -xf",
    ".gz": "tar -xf",
    ".bz2": "tar -xf",
    ".xz": "tar -xf",
    ".7z": "7z x",
    ".rar": "unrar x",
}
"""Commands for archives."""
_TABLES = (".csv", ".tsv")
_ODD = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def oddity(path: pathlib.Path) -> str | None:
    """What keeps a path from being a file or folder, as in `is a named pipe`; None if it is one.

    Args:
        path: Something that is there, perhaps a dangling link.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads back to itself"
        if error.errno == errno.ENOENT and path.is_symlink():
            return f"is a link to {names.shown(os.readlink(path))}, which is not there"
        return f"cannot be read: {error.strerror}"
    except ValueError as error:  # A zero byte.
        return f"is no path: {error}"
    needed = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
    if not os.access(path, needed):
        return "may not be read by this user (permission denied)"
    kind = special(path)
    return kind and f"is {kind}"


def special(path: pathlib.Path) -> str | None:
    """What a path is that is neither file nor folder, as in `a named pipe`; None for these.

    Args:
        path: Something that is there.
    """
    mode = path.stat().st_mode
    return next((words for is_so, words in _ODD if is_so(mode)), None)


def explain(field: str, path: str, base: str, expected: str = "file or folder") -> str:
    """Why a path of the config cannot be read, and what to write instead.

    Args:
        field: Dotted field of the config.
        path: As written there.
        base: Folder that relative paths start from.
        expected: `folder`, or `file or folder`.
    """
    locator = locate.Locator(base)
    found = locator.find(path)
    if found is None and "://" in path:
        return (
            f"`{field}`: {path!r} is an address, and only files are read. Download it and name "
            "the file or folder."
        )
    if found is None and (slashed := locator.find(path.replace("\\", "/"))):
        return (
            f"`{field}`: {path!r} does not exist. Write / between folders, as in "
            f"{path.replace(chr(92), '/')!r}, which is {names.shown(slashed)}."
        )
    if found is None:
        return f"`{field}`: {path!r} does not exist; {_first_gap(path, base, locator)}"
    shown, odd = names.shown(found), oddity(found)
    if odd:
        return f"`{field}`: {shown} {odd}. Name an existing {expected}."
    if found.is_file():
        return f"`{field}`: {shown} is a file; expected a folder. {_instead(field, found)}"
    return f"`{field}`: {shown} is a folder; expected a {expected}."


def no_files(field: str, folder: pathlib.Path, suffixes: tuple[str, ...]) -> str:
    """That a folder has no files of a kind, and what it has."""
    wanted = " or ".join(suffixes) or "any"
    return (
        f"`{field}`: no {wanted} files in the folder {names.shown(folder)}. "
        f"{errors.hint('', map(names.shown, locate.listing(folder)))}"
    )


def _first_gap(path: str, base: str, locator: locate.Locator) -> str:
    """The first step of a path that leads nowhere; there is the typing error."""
    here, steps = locator.start(path)
    for step in steps:
        inner = locator.step(here, step)
        if inner is None:
            return _gap(here, step)
        here = inner
    raise AssertionError(f"{path!r} exists in {base!r}")


def _gap(folder: pathlib.Path, step: str) -> str:
    shown = names.shown(folder)
    if odd := oddity(folder):
        return f"{shown} {odd}."
    if not folder.is_dir():
        return f"{shown} is a file and not a folder."
    known = [names.shown(name) for name in locate.listing(folder)]
    if locate.is_pattern(step):
        return f"nothing in {shown} fits the pattern {step!r}. {errors.hint('', known)}"
    return f"there is no {step!r} in {shown}. {errors.hint(step, known)}"


def _instead(field: str, file: pathlib.Path) -> str:
    ending = file.suffix.lower()
    if ending in _UNPACK:
        command = f"{_UNPACK[ending]} {shlex.quote(file.name)}"
        return f"Unpack it ({command}) and name the folder that comes out."
    if ending in _TABLES and field == "data.source.path":
        return "Is it a table of image paths? Those are read with `kind: image_table`."
    return "Name the folder that the files are in."
