"""What C libraries print to standard error, as text, and off the user's terminal."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

_STANDARD_ERROR = 2
_LOCK = threading.Lock()


@contextlib.contextmanager
def captured() -> Iterator[list[str]]:
    """Collect what is written to the file descriptor of standard error.

    The descriptor belongs to the whole process, so the block should be short.

    Yields:
        A list that holds the printed lines once the block has ended.
    """
    lines: list[str] = []
    with _LOCK, tempfile.TemporaryFile() as file, contextlib.ExitStack() as stack:
        try:
            saved = os.dup(_STANDARD_ERROR)
        except OSError:  # A process without standard error prints nothing.
            yield lines
            return
        stack.callback(os.close, saved)
        os.dup2(file.fileno(), _STANDARD_ERROR)
        try:
            yield lines
        finally:
            os.dup2(saved, _STANDARD_ERROR)
            file.seek(0)
            lines += file.read().decode("utf-8", "replace").splitlines()
