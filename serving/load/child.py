"""Work in a fresh Python process: a pickled job in, a pickled result out."""

import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any


class ChildError(Exception):
    """The process ended without a result; the text is its last words."""


def call(module: str, job: Any) -> Any:
    """Run `python -m <module>` on a job and wait for its result.

    The result comes in a file: with uvloop in the process, long output to a pipe loses parts.

    Args:
        module: Its `__main__` part calls `answer`.
        job: Anything that can be pickled.

    Raises:
        ChildError: If the process fails.
    """
    with tempfile.TemporaryDirectory(prefix="maru-") as folder:
        path = pathlib.Path(folder, "result.pickle")
        process = subprocess.run(
            [sys.executable, "-m", module, str(path)],
            input=pickle.dumps(job),
            capture_output=True,
            check=False,
        )
        if process.returncode < 0:
            number = signal.Signals(-process.returncode)
            raise ChildError(
                f"The process `{module}` was ended by {number.name}. SIGKILL often means that the "
                "machine had no memory left."
            )
        if process.returncode:
            lines = process.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ChildError(lines[-1] if lines else f"{module} ended with {process.returncode}")
        return pickle.loads(path.read_bytes())


def answer(work: Callable[[Any], Any]) -> None:
    """In the process: read the job, do it, write the result.

    Args:
        work: The job to its result.
    """
    result = work(pickle.load(sys.stdin.buffer))
    pathlib.Path(sys.argv[1]).write_bytes(pickle.dumps(result))
