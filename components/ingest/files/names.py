"""Names of files and folders: as people see them, in one Unicode form, and whose they are."""

import os
import pathlib
import re
import unicodedata

_LEFTOVERS = (
    # Windows
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "$recycle.bin",
    "recycler",
    "system volume information",
    # macOS
    "__macosx",
    "icon\r",
    "network trash folder",
    "temporary items",
    # Linux
    "lost+found",
    # Network drives of Synology and QNAP
    "@eadir",
    "#recycle",
    "#snapshot",
    "@recycle",
    "@recently-snapshot",
    "@sharebin",
    "@tmp",
    # Development
    "__pycache__",
    "node_modules",
    # Picture viewers
    "picasa.ini",
    "zbthumbnail.info",
)
"""What other programs leave in folders, in lower case; names that begin with a dot come on top."""
_EXPORTED = re.compile(r"_(annotations|classes|darknet)\.|readme(\.[\w-]+)*\.(txt|md)$")
"""Descriptions that annotation programs write beside images, in lower case."""
_OFFICE_LOCK = "~$"
_ENDING = re.compile(r"(\.\w+)?\.gz$|\.\w+$", re.IGNORECASE)
_WORKSPACE = (
    "runs",
    "samples",
    "served",
    "translations",
    "benchmarks",
    "hub",
    "server.json",
    "server.log",
)
"""What commands write to a workspace, see `pipeline/paths.py`."""
_WORKSPACE_MARKS = (
    "runs/*/run.lock",
    "runs/*/*/run.lock",
    "runs/*/*/log.txt",
    "samples/*-????????????",
    "hub/*/manifest.json",
)
"""What is in a workspace as soon as anything has been written to it."""


def shown(name: str | os.PathLike[str]) -> str:
    """A name on one line in any encoding: bytes that are not UTF-8 and line breaks escaped."""
    text = os.fspath(name)
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # How Python holds a byte that is not UTF-8.
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in ("Cc", "Cs"):
        return character.encode("unicode_escape").decode()
    return character


def is_utf8(name: str | os.PathLike[str]) -> bool:
    """Whether the name's bytes on disk are UTF-8."""
    try:
        os.fspath(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def composed(name: str) -> str:
    """The name in Unicode's NFC: Macs write letters and their accents or jamo apart."""
    return unicodedata.normalize("NFC", name)


def alike(name: str) -> str:
    """What two spellings of one name have in common: Unicode's form and the ending's case apart."""
    return _ENDING.sub(lambda ending: ending[0].lower(), composed(name))


def is_leftover(name: str) -> bool:
    """Whether another program keeps its own things under this name."""
    lower = name.lower()
    return (
        name.startswith((".", _OFFICE_LOCK))
        or lower in _LEFTOVERS
        or _EXPORTED.match(lower) is not None
    )


def entries(folder: pathlib.Path) -> list[pathlib.Path]:
    """What a folder holds of the user's, sorted: no leftovers, and no workspace of ours."""
    return sorted(folder / entry.name for entry in _kept(folder))


def folders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders among `entries`."""
    return sorted(folder / entry.name for entry in _kept(folder) if _is_folder(entry))


def files(folder: pathlib.Path) -> list[pathlib.Path]:
    """The others among `entries`, be they dangling links."""
    return sorted(folder / entry.name for entry in _kept(folder) if not _is_folder(entry))


def _kept(folder: pathlib.Path) -> list[os.DirEntry[str]]:
    hidden = _WORKSPACE if is_workspace(folder) else ()
    with os.scandir(folder) as found:
        kept = [e for e in found if e.name not in hidden and not is_leftover(e.name)]
    return [entry for entry in kept if not (_is_folder(entry) and _is_all_workspace(entry.path))]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link in a circle.
        return False


def is_workspace(folder: str | os.PathLike[str]) -> bool:
    """Whether runs were written to this folder."""
    return any(next(pathlib.Path(folder).glob(mark), None) for mark in _WORKSPACE_MARKS)


def _is_all_workspace(folder: str) -> bool:
    if not is_workspace(folder):
        return False
    return all(name in _WORKSPACE or is_leftover(name) for name in os.listdir(folder))
