"""Send the noise of libraries to a log file and keep the terminal for people."""

import contextlib
import logging
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import TextIO

from pipeline.display import terminal


@contextlib.contextmanager
def to_file(path: pathlib.Path) -> Iterator[TextIO]:
    """Redirect standard output, standard error and logging into a file.

    C++ libraries write to the file descriptors, so those are redirected, not only Python's
    objects.

    Args:
        path: Log file; created with its folder.

    Yields:
        The terminal as it was, for what the user should see.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(descriptor) for descriptor in (1, 2)]
    stream = terminal.output(saved[0], terminal.encoding(sys.stdout))
    with open(path, "ab", buffering=0) as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers, root.level = [handler], logging.INFO
    logging.getLogger("apache_beam.typehints").setLevel(logging.WARNING)  # Thousands of lines.
    try:
        yield stream
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        stream.flush()
        root.handlers, root.level = before
        handler.close()
        for descriptor, original in zip((1, 2), saved, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
