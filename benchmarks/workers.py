"""Peers of a benchmark: environments of their own, and processes that answer questions."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

_ROOT = pathlib.Path(__file__).resolve().parent.parent


class BenchmarkError(click.ClickException):
    """The benchmark cannot go on; the text says why."""


def environment(
    place: pathlib.Path, requirements: Sequence[str], title: str, progress: Callable[[str], Any]
) -> str:
    """The interpreter of a virtual environment, which is made if there is none.

    Args:
        place: Its folder.
        requirements: What pip installs.
        title: What that is, in words.
        progress: Told what takes long.

    Raises:
        BenchmarkError: If a step fails; the unfinished environment is made anew the next time.
    """
    python, done = place / "bin" / "python", place / "installed"
    wanted = "\n".join(requirements)
    if not done.is_file() or done.read_text() != wanted:
        progress(f"installing {title} into {place}")
        _call([sys.executable, "-m", "venv", "--clear", str(place)])
        _call([str(python), "-m", "pip", "install", "--quiet", *requirements])
        done.write_text(wanted)
    return str(python)


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise BenchmarkError(f"{' '.join(command)} failed:\n{last}")


@dataclasses.dataclass
class Worker:
    """A process that answers one line of JSON with another."""

    title: str
    """In tables."""
    process: subprocess.Popen[str]
    """Reads standard input, writes standard output."""
    log: pathlib.Path
    """What it says besides."""

    @classmethod
    def start(cls, title: str, command: Sequence[str], log: pathlib.Path) -> Worker:
        """Start a process in the project's folder.

        Args:
            title: See `Worker.title`.
            command: Program and arguments.
            log: File for its standard error.
        """
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                cwd=_ROOT,
                env={
                    **os.environ,
                    "KERAS_BACKEND": "tensorflow",
                    "TF_USE_LEGACY_KERAS": "0",
                    "TF_CPP_MIN_LOG_LEVEL": "3",
                },
            )
        return cls(title, process, log)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises:
            BenchmarkError: If the process died.
        """
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BenchmarkError(f"{self.title} died; {self.log} says why.")
        return json.loads(line)

    def end(self) -> None:
        """Tell it that there are no more requests, and wait."""
        self.process.stdin.close()
        self.process.wait()
