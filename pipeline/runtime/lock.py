"""One run at a time per pipeline."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import filelock


class Busy(ValueError):
    """Another run of the same pipeline is in progress."""


@contextlib.contextmanager
def hold(path: pathlib.Path) -> Iterator[None]:
    """Hold a lock file; the system releases it even if this process is killed.

    Raises:
        Busy: If another process holds it; the message names that process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        held = filelock.FileLock(path).acquire(blocking=False)
    except filelock.Timeout as error:
        raise Busy(
            f"Another run of this pipeline is in progress (process {path.read_text().strip()}). "
            "Wait for it, stop it, or choose another --workspace."
        ) from error
    with held:
        path.write_text(str(os.getpid()))
        yield
