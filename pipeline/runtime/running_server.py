"""The server that `maru serve` runs for a workspace: how `maru predict` finds it.

Whatever listens on a well-known port may serve another workspace's model of the same name, or be
no model server at all. So a server holds a file of its workspace, which says where it listens.
"""

import contextlib
import fcntl
import json
import pathlib
from collections.abc import Iterator

FILE = "server.json"
"""In the workspace; only the address of a server that still holds it is believed."""


@contextlib.contextmanager
def announce(workspace: pathlib.Path, address: str) -> Iterator[None]:
    """Tell where a server listens, as long as it runs; the system ends that if it is killed.

    A second server of the same workspace is not announced.

    Args:
        workspace: Whose models it serves.
        address: Of its REST API, host:port.
    """
    with open(workspace / FILE, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # Held, or on a file system without locks.
            yield
            return
        file.truncate(0)
        file.write(json.dumps({"rest": address}))
        file.flush()
        yield
        file.truncate(0)


def find(workspace: pathlib.Path) -> str | None:
    """Address of the REST API of the server that runs for a workspace; None if none does."""
    try:
        with open(workspace / FILE, encoding="utf-8") as file:
            # Shared, which `filelock` knows for no plain file: two that look at the same time must
            # not take each other for a server.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _address(workspace / FILE)
    except OSError:
        pass
    return None  # Nobody holds it.


def _address(path: pathlib.Path) -> str | None:
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        return str(json.loads(path.read_text("utf-8"))["rest"])
    return None
