"""Run a pipeline in this process and see what a terminal would show."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import tempfile
from typing import Any

from pipeline.commands import run as command
from pipeline.paths import Paths
from serving.command import server


@dataclasses.dataclass(frozen=True)
class Finished:
    """A run that ended."""

    code: int
    """Exit code."""
    shown: str
    """What the terminal got."""
    folder: pathlib.Path
    """Folder with the log, the config and the summary of the run."""

    @property
    def summary(self) -> dict[str, Any]:
        """What `summary.json` holds."""
        return json.loads((self.folder / "summary.json").read_text())

    @property
    def outcomes(self) -> dict[str, str]:
        """`ran`, `cached` or `failed` by stage, in the order they were shown."""
        return {stage: outcome for stage, outcome, _ in self._stages()}

    @property
    def reasons(self) -> dict[str, str]:
        """What is shown beside each stage."""
        return {stage: why for stage, _, why in self._stages()}

    def _stages(self) -> list[tuple[str, str, str]]:
        line = r"^[✓✗] (\w+) +[\d.]+ s  (\w+) *(.*)$"
        return [match.groups() for match in re.finditer(line, self.shown, re.MULTILINE)]


def run(config: pathlib.Path, workspace: pathlib.Path, *overrides: str) -> Finished:
    """Run a pipeline as `maru run` does, with the terminal in a file."""
    with tempfile.TemporaryFile() as terminal:
        saved = os.dup(1)
        os.dup2(terminal.fileno(), 1)
        try:
            code = command.run(config, overrides, workspace)
        finally:
            os.dup2(saved, 1)
            os.close(saved)
        terminal.seek(0)
        shown = terminal.read().decode()
    folder = max((workspace / "runs").glob("*/log/*"), key=lambda path: path.name)
    return Finished(code, shown, folder)


@contextlib.contextmanager
def served(workspace):
    """A server of all that a workspace has pushed."""
    free = server.ServerConfig(port=0, rest_api_port=0, drain_seconds=5)
    running = server.Server(server.Sources(models_dir=Paths(workspace, "").served_models), free)
    running.start()
    try:
        yield running
    finally:
        running.stop()
