"""Standard streams as they are found: closed, read no further, or without most characters."""

import errno
import io
import os
import sys
from typing import Any, TextIO

_NOBODY_READS = (errno.EPIPE, errno.EIO)
"""A pipe whose reader ended, as in `| head`, and a terminal that was closed."""
_WIDEST = 10_000


class _Output(io.FileIO):
    """A stream of bytes that is thrown away once nobody reads it; the command goes on."""

    def write(self, content: Any) -> int:
        """Write to the descriptor, or pretend to."""
        try:
            return super().write(content)
        except OSError as error:
            if error.errno not in _NOBODY_READS:
                raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        return memoryview(content).nbytes


def prepare() -> None:
    """Make standard output and errors take any character and outlive whoever reads them."""
    _open_closed()
    for name in ("COLUMNS", "LINES"):
        if not _is_size(os.environ.get(name, "80")):
            del os.environ[name]  # Rich would believe it, and show nothing in 0 columns.
    # Somebody who put streams of their own there keeps them.
    if sys.stdout is sys.__stdout__:
        sys.stdout = vars(sys)["__stdout__"] = output(1, encoding(sys.stdout))
    if sys.stderr is sys.__stderr__:
        sys.stderr = vars(sys)["__stderr__"] = output(2, encoding(sys.stderr))


def output(descriptor: int, encoding: str) -> TextIO:
    """A text stream; what its encoding lacks becomes `?`.

    Args:
        descriptor: Open file descriptor, which the stream leaves open.
        encoding: Of the text.
    """
    raw = _Output(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, "replace", line_buffering=descriptor == 2 or raw.isatty()
    )


def encoding(stream: TextIO | None) -> str:
    """The encoding of a standard stream, UTF-8 if it was closed when Python started."""
    return getattr(stream, "encoding", None) or "utf-8"


def takes_any_character(stream: TextIO | None) -> bool:
    """Whether nothing that is written to a stream would have to be replaced."""
    return encoding(stream).lower().replace("_", "-").startswith("utf-")


def _is_size(given: str) -> bool:
    return given.isdecimal() and 0 < int(given) <= _WIDEST


def _open_closed() -> None:
    """Open what was closed, as by `>&-`: the next file would get its number, and the output."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
