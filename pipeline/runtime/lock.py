"""One run at a time per pipeline."""

import contextlib
import fcntl
import os
import pathlib
from collections.abc import Iterator


class Busy(ValueError):
    """Another run of the same pipeline is in progress."""


@contextlib.contextmanager
def hold(path: pathlib.Path) -> Iterator[None]:
    """Hold a lock file; the system releases it even if this process is killed.

    Raises:
        Busy: If another process holds it; the message names that process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Busy(
                f"Another run of this pipeline is in progress (process {file.read().strip()}). "
                "Wait for it, stop it, or choose another --workspace."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
