"""Telling a mistake in data or config from a defect of the program."""

import dataclasses
import errno
import pathlib
import shutil
import traceback

from pipeline import paths

ROOT = pathlib.Path(__file__).parents[2]
_PACKAGES = ("pipeline", "components", "models", "serving")
_THE_MACHINES = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM, errno.EIO, errno.ENOMEM),
    *(errno.EMFILE, errno.ENFILE, errno.EFBIG, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR),
    # Disks and mounts that went away, and file systems that are not for files.
    *(errno.ENODEV, errno.ENXIO, errno.EBUSY, errno.ESTALE, errno.ENOTCONN, errno.EREMOTEIO),
)
_NO_ROOM = 2**18
"""Bytes; less than any stage writes."""
_FULL_DISK = "The disk is full. Free some of it or choose another --workspace, then run this again."
_WORDED = (ValueError, OSError, FloatingPointError)


@dataclasses.dataclass(frozen=True)
class Failure:
    """How a command fails."""

    text: str
    """What to mend or, for a defect, where the traceback is."""
    code: int
    """Exit code: 2 if the user can mend it, 1 for a defect."""


def is_users(error: BaseException) -> bool:
    """Whether an error is worded for the user.

    It is if code of this project raised it on purpose: a value or file error, raised by a line
    of ours and not inside a library. So is a full disk or memory, or a path that the system does
    not take, wherever it was met; the system's own words say which file.
    """
    if isinstance(error, OSError) and error.errno in _THE_MACHINES:
        return True
    if is_full_disk(error) or is_full_memory(error):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or not isinstance(error, _WORDED):
        return False
    last = pathlib.Path(frames[-1].filename)
    return any(last.is_relative_to(ROOT / package) for package in _PACKAGES)


def is_full_disk(error: BaseException) -> bool:
    """Whether a library met a full disk; SQLite, TensorFlow and HDF5 each say so differently."""
    return any(words in str(error).lower() for words in ("disk is full", "no space left"))


def is_full_memory(error: BaseException) -> bool:
    """Whether a library got no memory; TensorFlow has errors of its own for it."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
    )


def explain(error: BaseException, log: pathlib.Path) -> Failure:
    """What to tell the user of a failure.

    Args:
        error: Why it failed.
        log: Where the traceback is, in the folder of the run. Libraries tell of its full disk in
            many words, or in none.
    """
    if is_users(error):
        return Failure(describe(error), 2)
    if shutil.disk_usage(log.parent).free < _NO_ROOM:
        return Failure(_FULL_DISK, 2)
    last = traceback.format_exception_only(error)[-1].strip().rstrip(".")
    return Failure(f"Unexpected: {last}. The traceback is in {paths.shown(log)}", 1)


def describe(error: BaseException) -> str:
    """What to tell the user of an error that `is_users`."""
    if is_full_disk(error):
        return _FULL_DISK
    if is_full_memory(error):
        return (
            "There is not enough memory. Use a smaller `training.batch_size`, shorter texts or "
            "smaller images in `model`, or a machine with more, then run this again."
        )
    return str(error)
