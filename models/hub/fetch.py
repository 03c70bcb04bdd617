"""Bring the files of a module into an empty folder."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import lzma
import pathlib
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from typing import IO, cast

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
_CHUNK = 2**20  # Bytes.
_TIMEOUT = 60  # Seconds without an answer or data.
_KAGGLE_PAGE = re.compile(
    r"https?://(?:www\.)?kaggle\.com/models/(?P<publisher>[^/]+)/(?P<model>[^/]+)/"
    r"(?:frameworks/)?(?P<framework>[^/]+)/(?:variations/)?(?P<variation>[^/?#]+)"
    r"(?:/(?:versions/)?(?P<version>\d+))?/?(?:[?#].*)?"
)


def is_remote(handle: str) -> bool:
    """True for an address or a Kaggle handle, False for what should be a path."""
    return "://" in handle


def stamp(handle: str) -> str | None:
    """What changes when a local archive does; None for what cannot be looked at cheaply."""
    path = pathlib.Path(handle).expanduser()
    if is_remote(handle) or not path.is_file():
        return None
    status = path.stat()
    return f"{status.st_size} bytes, {status.st_mtime_ns} ns"


def check_source(handle: str, sha256: str | None) -> None:
    """Refuse a handle whose contents anybody on the way could change, or a useless digest.

    Args:
        handle: As `cache.resolve` takes it.
        sha256: What the archive's SHA-256 must be, 64 hexadecimal digits, or None.

    Raises:
        ValueError: If the handle has no archive to compare a digest with, or the address is a plain
            http:// one without a digest.
    """
    if sha256 is not None and _is_kaggle(handle):
        raise ValueError(
            "`sha256` is of an archive, and Kaggle's client fetches files one by one. Received: "
            f"handle={handle!r} with a `sha256`. Leave it out and name the version in the handle."
        )
    if sha256 is None and handle.startswith("http://") and not _is_kaggle(handle):
        raise ValueError(_plain_http(handle))


def fetch(handle: str, folder: pathlib.Path, sha256: str | None = None) -> str | None:
    """Bring the files of a module into an empty folder.

    Args:
        handle: As `cache.resolve` takes it, but no folder.
        folder: Empty folder.
        sha256: What the archive's SHA-256 must be; None: anything.

    Returns:
        The archive's SHA-256; None if there was no archive.

    Raises:
        ValueError: If the handle is of no known kind, the archive is damaged, unsafe or another
            one than `sha256` says, or the address is a plain http:// one without `sha256`.
        ConnectionError: If it cannot be downloaded.
    """
    check_source(handle, sha256)
    page = _KAGGLE_PAGE.fullmatch(handle)
    if page:
        _fetch_from_kaggle("/".join(filter(None, page.groups())), handle, folder)
    elif handle.startswith("kaggle://"):
        _fetch_from_kaggle(handle.removeprefix("kaggle://"), handle, folder)
    elif handle.startswith(("http://", "https://")):
        with tempfile.NamedTemporaryFile(dir=folder.parent) as file:
            _download(handle, file, may_be_plain=sha256 is not None)
            return _unpack_checked(pathlib.Path(file.name), folder, handle, sha256)
    elif is_remote(handle):
        raise ValueError(
            f"Cannot fetch the module {handle!r}: only https://, http:// and kaggle:// are known. "
            "Give a folder, an archive or one of these."
        )
    else:
        path = pathlib.Path(handle).expanduser()
        if not path.is_file():
            raise no_module(handle)
        return _unpack_checked(path, folder, handle, sha256)
    return None


def no_module(handle: str) -> ValueError:
    """The error of a path at which there is nothing."""
    path = pathlib.Path(handle).expanduser()
    return ValueError(
        f"There is no module {handle!r}: no folder or archive {path.absolute()}. Expected "
        f"a folder, an archive ({', '.join(ARCHIVES)}), the address of one, an address at "
        "tfhub.dev, or kaggle://publisher/model/framework/variation. Bring the module back "
        "to that place, or change `handle`."
    )


def find_module(folder: pathlib.Path, handle: str) -> pathlib.Path:
    """Return the folder that holds `saved_model.pb`: the given one or the only one below it.

    Raises:
        ValueError: If there is none or there are several.
    """
    if (folder / "saved_model.pb").is_file():
        return folder
    found = sorted(path.parent for path in folder.rglob("saved_model.pb"))
    if len(found) == 1:
        return found[0]
    raise ValueError(
        f"{handle!r} is no module: expected one saved_model.pb in {folder}. "
        f"Received: {[str(path.relative_to(folder)) for path in found] or 'none'} among "
        f"{sorted(path.name for path in folder.iterdir())}. A module is what "
        "`tf.saved_model.save` writes."
    )


def unpack(archive: pathlib.Path, folder: pathlib.Path, handle: str) -> None:
    """Unpack a tar (also compressed) or zip archive of plain files.

    Raises:
        ValueError: If it is damaged, of another format, or has links, devices or names that
            lead out of the folder; nothing is unpacked from such an archive.
    """
    try:
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as opened:
                _check_members(
                    {one.name: one.isfile() or one.isdir() for one in opened}, folder, handle
                )
                _read_to_end(cast(IO[bytes], opened.fileobj))
                opened.extractall(folder, filter="data")
        else:
            # Of the two, zip alone begins to be a damaged archive of the right kind here.
            with zipfile.ZipFile(archive) as opened:
                _check_members(
                    {one.filename: not _is_link(one) for one in opened.infolist()}, folder, handle
                )
                opened.extractall(folder)
    except _DAMAGED as error:
        raise ValueError(
            f"Cannot unpack the module {handle!r}: expected a whole archive "
            f"({', '.join(ARCHIVES)}). The reason given: {type(error).__name__}: {error}"
        ) from error


def _read_to_end(file: IO[bytes]) -> None:
    """Let a decompressor compare its checksum, which stands behind what tar reads."""
    while file.read(_CHUNK):
        pass


def _check_members(members: dict[str, bool], folder: pathlib.Path, handle: str) -> None:
    """Refuse an archive that would write elsewhere; `members`: name to whether it is plain."""
    root = folder.resolve()
    for name, is_plain in members.items():
        if not is_plain or not (root / name).resolve().is_relative_to(root):
            raise ValueError(
                f"The archive of the module {handle!r} is unsafe: expected plain files inside its "
                f"own folder. Received: {name!r}. Nothing was unpacked."
            )


def _is_link(member: zipfile.ZipInfo) -> bool:
    return member.external_attr >> 16 & 0o170000 == 0o120000


def _unpack_checked(
    archive: pathlib.Path, folder: pathlib.Path, handle: str, sha256: str | None
) -> str:
    """Unpack an archive if it is the expected one; its SHA-256."""
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and digest != sha256.lower():
        raise ValueError(
            f"The archive of the module {handle!r} is not the expected one: its SHA-256 must be "
            f"{sha256.lower()} (`sha256`). Received: {digest}. Nothing was unpacked. If the new "
            "archive is the one you want, write its digest into `sha256`."
        )
    unpack(archive, folder, handle)
    return digest


def _is_kaggle(handle: str) -> bool:
    return handle.startswith("kaggle://") or _KAGGLE_PAGE.fullmatch(handle) is not None


def _plain_http(address: str) -> str:
    return (
        "A module over plain http:// can be changed by anybody on the way. Received: "
        f"{address!r}. Use https://, or give the archive's digest, as `sha256sum ARCHIVE` prints "
        "it, in `sha256`."
    )


def _download(handle: str, file: IO[bytes], *, may_be_plain: bool) -> None:
    """Download an archive; a shorter answer than announced is an error."""
    address = _archive_address(handle)
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT) as response:
            # An https:// address may lead on to one without encryption.
            if response.url.startswith("http://") and not may_be_plain:
                raise ValueError(_plain_http(response.url))
            shutil.copyfileobj(response, file)
            announced = response.headers.get("Content-Length")
        file.flush()
        if announced is not None and file.tell() != int(announced):
            raise EOFError(f"received {file.tell()} of {announced} bytes")
    # URLError and what sockets raise are OSErrors.
    except (OSError, EOFError, http.client.HTTPException) as error:
        raise ConnectionError(
            f"Cannot fetch the module {handle!r} from {address}: {_reason(error)}."
        ) from error


def _archive_address(handle: str) -> str:
    """Ask a server of modules, as tfhub.dev is one, for the archive and not for the page."""
    parts = urllib.parse.urlsplit(handle)
    if parts.path.endswith(ARCHIVES) or "tf-hub-format" in parts.query:
        return handle
    query = "&".join(filter(None, [parts.query, "tf-hub-format=compressed"]))
    return urllib.parse.urlunsplit(parts._replace(query=query))


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    return f"{type(error).__name__}: {getattr(error, 'reason', error)}"


def _fetch_from_kaggle(name: str, handle: str, folder: pathlib.Path) -> None:
    if len(name.split("/")) not in (4, 5) or not all(name.split("/")):
        raise ValueError(
            "A Kaggle handle is kaggle://publisher/model/framework/variation, with or without "
            f"/version. Received: {handle!r}"
        )
    if importlib.util.find_spec("kagglehub") is None:
        raise ValueError(
            f"The module {handle!r} is fetched with the Python package kagglehub, which is not "
            "installed. Install the locked requirements of this project."
        )
    import kagglehub

    try:
        kagglehub.model_download(name, output_dir=str(folder))
    # Its failures are those of two HTTP libraries and of its own.
    except Exception as error:
        raise ConnectionError(
            f"Cannot fetch the module {handle!r} from Kaggle: check the network, the name, and "
            "whether the model asks for an account (KAGGLE_USERNAME and KAGGLE_KEY). The reason "
            f"given: {_reason(error)}."
        ) from error
