"""How a command that runs stages ended, in a file beside its log."""

from __future__ import annotations

import dataclasses
import json
import pathlib

FILE = "ended.json"


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a session ended; a killed one leaves none."""

    command: str
    """As typed, ready for a shell."""
    seconds: float
    """That it took."""
    code: int
    """Exit code."""
    failure: str | None
    """Why it failed, as it was shown."""


def read(folder: pathlib.Path) -> Ending | None:
    """How the session of a folder ended; None while it goes on, and if it was killed."""
    path = folder / FILE
    return Ending(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def write(ending: Ending, folder: pathlib.Path) -> None:
    """Write it beside the session's log."""
    text = json.dumps(dataclasses.asdict(ending), ensure_ascii=False, indent=2)
    (folder / FILE).write_text(text, "utf-8")
